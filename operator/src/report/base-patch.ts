// What the base has to say so that the overlay can go: the destination as the base writes it, without what is a default.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { overlayAdapterSchema, storeKinds } from "@retriever/stores/kinds.ts";
import { z } from "zod";
import { isSameData } from "#core/model/deep-equal.ts";

type Fields = Readonly<Record<string, unknown>>;
type Shape = {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
};

/**
 * As a merge patch (RFC 7396) of the base, whether it is JSON or YAML. A merge keeps what the patch doesn't name, so it names
 * every field that the source may have there: with null where the destination has none, or another store would be meant.
 */
export function basePatch(destination: MigrationSpec["destination"], sourceKind?: string): string {
  const fields = namedAsBase(withoutDefaults(destination), sourceKind);
  const isKnown = storeKinds.some(({ kind }) => kind === sourceKind);
  const shapes = storeKinds
    .filter(({ kind }) => !isKnown || kind === sourceKind || kind === destination.kind)
    .map(({ base }) => z.toJSONSchema(base.schema, { io: "input", unrepresentable: "any" }) as Shape);
  return JSON.stringify({ primary: withNulls(fields, shapes), dualRead: null }, undefined, 2);
}

/** Null for each field of the shapes that the value hasn't; the same within its own objects. */
function withNulls(value: unknown, shapes: readonly Shape[]): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const given = new Map<string, unknown>(Object.entries(value));
  const possible = Map.groupBy(shapes.flatMap(fieldsOf), ([field]) => field);
  const named = [...given].map(([field, inner]) => {
    const inners = possible.get(field)?.map(([, shape]) => shape) ?? [];
    return [field, withNulls(inner, inners)] as const;
  });
  const absent = [...possible.keys()].filter((field) => !given.has(field)).map((field) => [field, null] as const);
  return Object.fromEntries([...named, ...absent]);
}

function fieldsOf({ properties = {}, anyOf = [], oneOf = [] }: Shape): (readonly [string, Shape])[] {
  return [...Object.entries(properties), ...[...anyOf, ...oneOf].flatMap(fieldsOf)];
}

/** Fields without which the adapter would be another one. */
function withoutDefaults(destination: MigrationSpec["destination"]): Fields {
  const whole: Fields = { ...destination };
  const isNeeded = (key: string): boolean => {
    const { [key]: _left, ...rest } = whole;
    const parsed = overlayAdapterSchema.safeParse(rest);
    return !parsed.success || !isSameData(parsed.data, destination);
  };
  return Object.fromEntries(Object.entries(whole).filter(([key]) => isNeeded(key)));
}

/** A base names Postgres by one connection string, which is a secret: only its variable can stand here (ADR 9). */
function namedAsBase(fields: Fields, sourceKind: string | undefined): Fields {
  if (fields["kind"] !== "pgvector") return fields;
  const { host: _host, port: _port, database: _database, user: _user, password: _password, ...rest } = fields;
  return { ...rest, connectionString: { fromEnv: connectionVariable(sourceKind) } };
}

/** The variable of the destination's connection string: another one than a base with Postgres as its source has already. */
export function connectionVariable(sourceKind: string | undefined): string {
  return sourceKind === "qdrant" ? "DATABASE_URL" : "DESTINATION_DATABASE_URL";
}
