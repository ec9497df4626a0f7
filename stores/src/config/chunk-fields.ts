// Where a store keeps what a chunk consists of. `layout`, `fields` and the older settings are read here and nowhere else,
// so that what is served, verified and repaired is the same.

import { z } from "zod";
import { RetrieverError } from "#errors.ts";
import { doc } from "./field-doc.ts";

/** A column or payload key, then the keys below it. */
export type FieldPath = readonly [string, ...string[]];

export type ChunkFields = {
  /** Null: the id that the store itself gives a point. */
  readonly id: FieldPath | null;
  /** Null: the store has none, likewise the next three. */
  readonly entity: FieldPath | null;
  readonly text: FieldPath | null;
  /** Not empty: `text` holds JSON, and the chunk's text is this member of it. */
  readonly textMember: readonly string[];
  readonly updatedAt: FieldPath | null;
  readonly namespace: FieldPath | null;
  /** By logical name. */
  readonly metadata: Readonly<Record<string, FieldPath>>;
  /** What holds the metadata that isn't named; empty: the row or the payload itself. */
  readonly metadataRoot: readonly string[];
  /** What a person should know before chunks are written in this layout. */
  readonly caution?: string;
};

/** Name of the text among the fields that two stores are compared by: no logical name begins with a dollar sign. */
export const textField = "$text";

const layoutNames = ["default", "langchain", "langchain-pgvectorstore", "llamaindex", "supabase"] as const;
type OwnFields = Omit<ChunkFields, "metadata">;
/** The layouts as one kind of store has them. */
export type Layouts = Readonly<Record<(typeof layoutNames)[number], OwnFields>>;

/** A point's own id, and a field that there isn't. No column or key begins with a dollar sign here. */
const ownId = "$id";
const none = "$none";

const plainStep = "[\\p{L}_][\\p{L}\\p{N}_-]{0,62}";
/** Digits alone would be a place in a list to Postgres and a key to Qdrant. */
const quotedStep = "'[0-9]{0,20}[^-0-9'\".\\\\\\[\\]\\p{Cc}][^'\".\\\\\\[\\]\\p{Cc}]{0,62}'";
const plainPath = `(${plainStep}|${quotedStep})((\\.|->>?)(${plainStep}|${quotedStep})){0,7}`;
const path = (words: string) =>
  z
    .string()
    .max(512)
    .regex(
      new RegExp(`^(${words}${plainPath})$`, "u"),
      "expected a column or payload key and the keys below it, such as metadata.tenant or metadata->>'tenant id', and no dot or quote within one",
    );
const optionalPath = path("\\$none|").optional();

const metadataField = z.strictObject({
  name: z
    .string()
    .max(63)
    .regex(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/, "expected a name")
    .meta(doc("The field's name in requests and answers, the same in both stores.", "language", "the language")),
  path: path("")
    .optional()
    .meta(
      doc("Where it is; a member of the layout's metadata by that name when absent.", "metadata.lang", "metadata."),
    ),
});

/** `layout` and `fields` of a store's document. Both are optional, so that documents written before them mean what they meant. */
export const chunkFieldsShape = {
  layout: z
    .enum(layoutNames)
    .optional()
    .meta(
      doc(
        "Which library's table or payload it is: where id, entity, text, namespace and metadata are. Each of fields goes before it.",
        "langchain",
        "haystack",
      ),
    ),
  fields: z
    .strictObject({
      id: path("\\$id|")
        .optional()
        .meta(
          doc("The chunk's id, a column or payload key; $id is the id of a Qdrant point itself.", "node_id", "a b"),
        ),
      entity: optionalPath.meta(doc("What the chunk is a part of; $none for nothing.", "metadata.doc_id", "")),
      text: optionalPath.meta(
        doc("The chunk's text, for requests that include it; $none for none.", "content", "text."),
      ),
      updatedAt: optionalPath.meta(
        doc(
          "When the chunk was last written; $none for a store that doesn't say, of which ids alone are compared.",
          "changed_at",
          ".at",
        ),
      ),
      namespace: optionalPath.meta(
        doc("What keeps the namespaces apart; $none for none.", "metadata->>'tenant'", "metadata->tenant'"),
      ),
      metadata: z
        .array(metadataField)
        .max(32)
        .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, "expected every name once")
        .optional()
        .meta(
          doc(
            "Further fields by logical name: they can be filtered, selected and compared.",
            [{ name: "lang" }],
            "lang",
          ),
        ),
    })
    .optional()
    .describe("Where the parts of a chunk are, by logical name; the layout's own places when absent."),
};

const documentSchema = z.object(chunkFieldsShape);
type FieldsDocument = z.infer<typeof documentSchema> & {
  /** Older settings; `namespace` is what they said before there was a layout. */
  readonly namespaceField: string;
  readonly metadataColumns?: readonly string[];
};

/** Every field of a document, whichever of the settings names it. */
export function readFields(
  { layout = "default", fields = {}, ...older }: FieldsDocument,
  layouts: Layouts,
): ChunkFields {
  const own = layouts[layout];
  const isOlder = layout === "default" || older.namespaceField !== "namespace";
  const namespace = isOlder ? stepsOf(older.namespaceField) : own.namespace;
  const at = (name: string): FieldPath => memberOf(own.metadataRoot, name);
  const listed = (older.metadataColumns ?? []).map((name) => [name, at(name)] as const);
  const named = (fields.metadata ?? []).map(
    (each) => [each.name, each.path === undefined ? at(each.name) : stepsOf(each.path)] as const,
  );
  return {
    id: choose(fields.id, own.id),
    entity: choose(fields.entity, own.entity),
    text: choose(fields.text, own.text),
    updatedAt: choose(fields.updatedAt, own.updatedAt),
    namespace: choose(fields.namespace, namespace),
    metadata: Object.fromEntries([...listed, ...named]),
    textMember: fields.text === undefined ? own.textMember : [],
    metadataRoot: own.metadataRoot,
    ...(own.caution === undefined ? {} : { caution: own.caution }),
  };
}

function choose(said: string | undefined, own: FieldPath | null): FieldPath | null {
  if (said === undefined) return own;
  return said === none || said === ownId ? null : stepsOf(said);
}

/** `a.b`, `a->'b'` and `a->>'b'` are the same path; what is quoted may hold an arrow. */
function stepsOf(text: string): FieldPath {
  const [first = "", ...rest] = Array.from(
    text.matchAll(/'([^']*)'|(?:[^.'>-]|-(?!>))+/g),
    ([plain, quoted]) => quoted ?? plain,
  );
  return [first, ...rest];
}

/** Place of the namespace that a request names. Throws RETR_REQUEST_INVALID where the store has none. */
export function namespacePath({ namespace }: ChunkFields): FieldPath {
  if (namespace !== null) return namespace;
  const message = "namespace: the store's fields name none, so that nothing can be asked of one";
  throw new RetrieverError({ code: "RETR_REQUEST_INVALID", message, path: "namespace" });
}

/** Null also for that of a document that says nothing of it: a store may lack it, as long as no request names one. */
export function requiredNamespace({ namespace }: ChunkFields): FieldPath | null {
  return namespace?.join(".") === "namespace" ? null : namespace;
}

/**
 * Place of the text that a request includes. Throws RETR_BACKEND_MISSING where the store has none: answers without any text
 * would look like those of an empty store.
 */
export function textPath({ text }: ChunkFields): FieldPath {
  if (text !== null) return text;
  const message = "the store's fields name no text, which answers are to include: name it by fields.text";
  throw new RetrieverError({ code: "RETR_BACKEND_MISSING", message });
}

/** Place of a field that requests or the other store name; one that isn't declared is a member of the metadata. */
export function metadataPath({ text, metadata, metadataRoot }: ChunkFields, name: string): FieldPath {
  if (name === textField && text !== null) return text;
  return (Object.hasOwn(metadata, name) ? metadata[name] : undefined) ?? memberOf(metadataRoot, name);
}

function memberOf(root: readonly string[], name: string): FieldPath {
  const [first = "", ...rest] = [...root, ...name.split(".")];
  return [first, ...rest];
}

/** The same as a function of the name. */
export function placeIn(fields: ChunkFields): (name: string) => FieldPath {
  return (name) => metadataPath(fields, name);
}

/** Said of columns or keys of a store that is copied. */
export function unnamed(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [
    `no field names ${names.join(", ")} of the source: what they hold isn't copied (fields.metadata, fields.text)`,
  ];
}
