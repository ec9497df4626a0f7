// metadata.managedFields: who owns which field after an update or an apply, and which conflicts an apply meets.
// Pure; time is passed in.
import { isObject, type JsonObject, type KubeObject, listOf, textOf } from "../model/json.ts";
import type { Schema } from "../schema/schema.ts";
import {
  cut,
  difference,
  emptySet,
  type FieldSet,
  intersection,
  isEmpty,
  readablePaths,
  rootFromFieldsV1,
  toFieldsV1,
  union,
} from "./field-set.ts";
import { compare, fieldSetOf, mergeApplied, removeFields, unionOf } from "./typed.ts";

type Operation = "Apply" | "Update";
export type Writer = {
  readonly manager: string;
  readonly operation: Operation;
  readonly apiVersion: string;
  readonly subresource: string;
};
type Entry = Writer & { readonly time: string; readonly fields: FieldSet };

/** Fields that belong to the server; nobody owns them. */
const systemPaths = [
  ["f:apiVersion"],
  ["f:kind"],
  ...[
    "name",
    "namespace",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "uid",
    "generation",
  ].map((name) => ["f:metadata", `f:${name}`]),
  ["f:metadata", "f:managedFields"],
  ["f:metadata", "f:resourceVersion"],
];

type WriteContext = {
  readonly schema: Schema;
  readonly writer: Writer;
  readonly time: string;
  /** Top-level fields that this request can't write, such as status in a write to the main resource. */
  readonly reset: readonly string[];
};

export type ManagerConflict = Writer & { readonly time: string; readonly paths: readonly string[] };

function read(object: KubeObject | undefined): Entry[] {
  return listOf(object?.metadata.managedFields)
    .filter(isObject)
    .map((raw) => ({
      manager: textOf(raw["manager"]),
      operation: raw["operation"] === "Apply" ? "Apply" : "Update",
      apiVersion: textOf(raw["apiVersion"]),
      subresource: textOf(raw["subresource"]),
      time: textOf(raw["time"]),
      fields: rootFromFieldsV1(raw["fieldsV1"]),
    }));
}

function write(entries: readonly Entry[]): JsonObject[] {
  return entries
    .filter(({ fields }) => !isEmpty(fields))
    .map(({ fields, subresource, ...writer }) => ({
      ...writer,
      fieldsType: "FieldsV1",
      fieldsV1: toFieldsV1(fields),
      ...(subresource === "" ? {} : { subresource }),
    }));
}

function isOf(entry: Entry, writer: Writer): boolean {
  const same =
    entry.manager === writer.manager &&
    entry.operation === writer.operation &&
    entry.subresource === writer.subresource;
  return same && (writer.operation === "Apply" || entry.apiVersion === writer.apiVersion);
}

function strip(fields: FieldSet, reset: readonly string[]): FieldSet {
  let left: FieldSet = { ...fields, member: false };
  for (const path of [...systemPaths, ...reset.map((name) => [`f:${name}`])]) left = cut(left, path);
  const metadata = left.children.get("f:metadata");
  if (metadata?.member !== true) return left;
  const children = new Map(left.children).set("f:metadata", { ...metadata, member: false });
  if (metadata.children.size === 0) children.delete("f:metadata");
  return { ...left, children };
}

/** The managed fields after a create, update or patch by a writer. */
export function trackUpdate(context: WriteContext, before: KubeObject | undefined, after: KubeObject): JsonObject[] {
  const { writer, schema, time, reset } = context;
  // A client that sends no managed fields at all keeps the live ones; an empty list clears them.
  const sent = after.metadata.managedFields === undefined ? before : after;
  const entries = read(sent);
  const bare = (object: KubeObject | undefined) =>
    object === undefined ? undefined : { ...object, metadata: { ...object.metadata, managedFields: undefined } };
  const changes = compare(schema, bare(before) ?? {}, bare(after));
  const changed = union(changes.added, changes.modified);
  const touched = strip(changed, reset);
  const others = entries
    .filter((entry) => !isOf(entry, writer))
    .map((entry) => ({
      ...entry,
      fields: difference(difference(entry.fields, touched), strip(changes.removed, reset)),
    }));
  const mine = entries.find((entry) => isOf(entry, writer));
  const fields = union(difference(mine?.fields ?? emptySet, changes.removed), touched);
  const moved = !isEmpty(touched) || !isEmpty(strip(changes.removed, reset));
  return write([...others, { ...writer, fields, time: moved || mine === undefined ? time : mine.time }]);
}

type Applied = {
  readonly object: KubeObject;
  readonly managedFields: JsonObject[];
  readonly conflicts: readonly ManagerConflict[];
};

/** Server-side apply: the merged object, its owners, and the conflicts (empty under force). */
export function applyConfiguration(
  context: WriteContext,
  live: KubeObject | undefined,
  config: KubeObject,
  force: boolean,
): Applied {
  const { schema, writer, time, reset } = context;
  const entries = read(live);
  const mine = entries.find((entry) => isOf(entry, writer));
  const others = entries.filter((entry) => entry !== mine);
  const stated = fieldSetOf(schema, config);
  const merged = (live === undefined ? config : mergeApplied(schema, live, config)) as KubeObject;
  const owned = unionOf([stated, ...others.map((entry) => entry.fields)]);
  const object = (removeFields(schema, merged, mine?.fields ?? emptySet, owned) ?? merged) as KubeObject;
  const changes = compare(schema, live ?? {}, object);
  const changed = strip(union(changes.added, changes.modified), reset);
  const removed = strip(changes.removed, reset);
  const clashes = others.map((entry) => ({ entry, clash: intersection(entry.fields, changed) }));
  const conflicts = clashes
    .filter(({ clash }) => !force && !isEmpty(clash))
    .map(({ entry: { fields: _fields, ...owner }, clash }) => ({ ...owner, paths: readablePaths(clash) }));
  const rest = clashes.map(({ entry, clash }) => ({
    ...entry,
    fields: difference(difference(entry.fields, clash), removed),
  }));
  const fields = strip(stated, reset);
  const same =
    mine !== undefined &&
    isEmpty(difference(mine.fields, fields)) &&
    isEmpty(difference(fields, mine.fields)) &&
    isEmpty(changed);
  return { object, managedFields: write([...rest, { ...writer, fields, time: same ? mine.time : time }]), conflicts };
}
