// Objects as kubectl prints them: JSON, YAML or names.

export const forms = ["json", "yaml", "name"] as const;
export type Form = (typeof forms)[number];

type Document = {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
};

/** Several objects, as kubectl prints a list of them. */
export function printList(objects: readonly unknown[], form: "json" | "yaml"): Promise<string> {
  return printValue({ apiVersion: "v1", kind: "List", items: objects.map(withoutManagers) }, form);
}

/** Without who wrote which field. */
function withoutManagers(object: unknown): Document {
  const { managedFields: _managedFields, ...metadata } = (object as Document).metadata ?? {};
  return { ...(object as Document), metadata };
}

/** One object. */
export async function printDocument(object: unknown, form: Form): Promise<string> {
  const shown = withoutManagers(object);
  const { metadata = {} } = shown;
  // What was never sent has no name yet, only how it begins.
  if (form === "name") return `${nameOfKind(shown)}/${String(metadata["name"] ?? metadata["generateName"])}`;
  return printValue(shown, form);
}

/** A value of ours. */
export async function printValue(value: unknown, form: "json" | "yaml"): Promise<string> {
  if (form === "json") return JSON.stringify(value, null, 2);
  const { stringify } = await import("yaml");
  return stringify(value).trimEnd();
}

type Line = { readonly kind?: string; readonly name?: string; readonly ok?: boolean };

/** A line of JSON as a document of YAML, or as a name; undefined where it names nothing that is fine. */
export function printLineAs(
  form: "yaml" | "name",
  line: string,
  toYaml: (value: unknown) => string,
): string | undefined {
  const value = JSON.parse(line) as Line;
  if (form === "yaml") return `---\n${toYaml(value).trimEnd()}`;
  const { kind = "", name, ok } = value;
  return ok === true && name !== undefined ? `${nameOfKind({ apiVersion: ourVersion, kind })}/${name}` : undefined;
}

const ourVersion = "retriever.dev/v1alpha1";

/** `retrievermigration.retriever.dev` */
function nameOfKind({ apiVersion = "", kind = "" }: Document): string {
  const [group = "", version] = apiVersion.split("/");
  return version === undefined ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`;
}
