// Bases that the fuzzed sidecars have, and where the fields of each are in a payload: an opinion of the fuzz's own.
import { declared } from "./filter-grammar.ts";

export type FuzzedBase = {
  readonly name: string;
  /** Further members of both stores' configuration, and of the base. */
  readonly adapter: object;
  readonly more: object;
  /** Whether it declares the fields of `filter-grammar.ts`. */
  readonly declares: boolean;
  /** Whether requests may include anything. */
  readonly includes: boolean;
  /** Payload keys of each answer, of its text and of its metadata. */
  readonly keys: readonly string[];
  readonly textKey: string;
  readonly metadataKeys: readonly string[];
  /** Of a field that is filtered by, the namespace among them. */
  readonly keyOf: (name: string) => string;
};

const contract = {
  adapter: {},
  declares: false,
  includes: false,
  keys: ["chunk_id", "entity_id", "updated_at"],
  textKey: "",
  metadataKeys: [],
  keyOf: (name: string) => name,
};

export const flatBase: FuzzedBase = { ...contract, name: "flat filters", more: {} };
export const typedBase: FuzzedBase = {
  ...contract,
  name: "typed filters",
  more: { filterable: declared },
  declares: true,
};

const members: Readonly<Record<string, string>> = { pages: "numbers.pages", namespace: "tenant.id" };
/** A layout, fields of its own beside it, and a choice of what answers may hold. */
export const contentBase: FuzzedBase = {
  name: "a layout, fields and select",
  adapter: {
    layout: "langchain",
    fields: {
      entity: "metadata.document",
      namespace: "tenant->>'id'",
      metadata: [{ name: "lang" }, { name: "pages", path: "numbers.pages" }],
    },
  },
  more: { select: ["text", "lang", "pages"] },
  declares: false,
  includes: true,
  keys: ["metadata.document"],
  textKey: "page_content",
  metadataKeys: ["metadata.lang", "numbers.pages"],
  keyOf: (name) => (Object.hasOwn(members, name) ? (members[name] ?? "") : `metadata.${name}`),
};
