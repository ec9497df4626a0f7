// Objects as kubectl prints them: JSON, YAML or names.

export const forms = ["json", "yaml", "name"] as const;
export type Form = (typeof forms)[number];

type Document = {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
};

/** One object, without who wrote which field. */
export async function printDocument(object: unknown, form: Form): Promise<string> {
  const { metadata = {}, ...rest } = object as Document;
  const { managedFields: _managedFields, ...shown } = metadata;
  if (form === "name") return `${nameOfKind(rest)}/${String(metadata["name"])}`;
  return printValue({ ...rest, metadata: shown }, form);
}

/** A value of ours. */
export async function printValue(value: unknown, form: "json" | "yaml"): Promise<string> {
  if (form === "json") return JSON.stringify(value, null, 2);
  const { stringify } = await import("yaml");
  return stringify(value).trimEnd();
}

/** `retrievermigration.retriever.dev` */
function nameOfKind({ apiVersion = "", kind = "" }: Document): string {
  const [group = "", version] = apiVersion.split("/");
  return version === undefined ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`;
}
