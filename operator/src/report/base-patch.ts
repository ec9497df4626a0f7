// What the base has to say so that the overlay can go: the destination as the base writes it, without what is a default.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { overlayAdapterSchema } from "@retriever/stores/kinds.ts";
import { isSameData } from "#core/model/deep-equal.ts";

type Fields = Readonly<Record<string, unknown>>;

/** As a merge patch (RFC 7396) of the base, whether it is JSON or YAML. */
export function basePatch(destination: MigrationSpec["destination"]): string {
  const { connection, fields } = namedAsBase(withoutDefaults(destination));
  return JSON.stringify({ primary: { ...fields, ...connection }, dualRead: null }, undefined, 2);
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
function namedAsBase(fields: Fields): { readonly connection: Fields; readonly fields: Fields } {
  if (fields["kind"] !== "pgvector") return { connection: {}, fields };
  const {
    host: _host,
    port: _port,
    database: _database,
    user: _user,
    password: _password,
    tls: _tls,
    ...rest
  } = fields;
  return { connection: { connectionString: { fromEnv: "DATABASE_URL" } }, fields: rest };
}
