import { inspect } from "node:util";
import type { Normalization } from "@retriever/stores/config/normalization.ts";
import { choiceFault, type StoreChoice, specOf, storeKey } from "@retriever/stores/config/store-spec.ts";
import { baseAdapterSchemaOf, loadAdapters, storeKinds } from "@retriever/stores/kinds.ts";
import type { PgvectorSpec } from "@retriever/stores/pgvector/config/schema.ts";
import { expect, test } from "vitest";
import { resolveBaseAdapter } from "./resolve-store.ts";

const registry = await loadAdapters();

const normalization: Normalization = { strategy: "auto", targetRange: [0, 1] };

function resolve(connectionString: unknown, env: Record<string, string> = {}, change: object = {}): StoreChoice {
  const adapter = baseAdapterSchemaOf(storeKinds).parse({ kind: "pgvector", connectionString, ...change });
  return resolveBaseAdapter(adapter, { env, registry }, "primary");
}

function specFrom(choice: StoreChoice): PgvectorSpec {
  const spec = specOf(choice);
  if (spec?.kind !== "pgvector") throw new Error(JSON.stringify(choiceFault(choice)));
  return spec as PgvectorSpec;
}

test("a connection string is taken apart, with escapes and defaults", () => {
  const spec = specFrom(resolve("postgres://us%40er:p%2Fw@DB.svc/docs"));
  expect(spec).toMatchObject({ host: "DB.svc", port: 5432, database: "docs", tls: null, schema: "public" });
  expect([spec.user.reveal(), spec.password?.reveal()]).toEqual(["us@er", "p/w"]);
});

const modes = [
  { mode: "", tls: null },
  { mode: "?sslmode=disable", tls: null },
  { mode: "?sslmode=prefer", tls: null },
  { mode: "?sslmode=require", tls: { ca: null } },
  { mode: "?sslmode=verify-full", tls: { ca: null } },
];

test.each(modes)("sslmode as in '$mode' is verified or off, never in between", ({ mode, tls }) => {
  expect(specFrom(resolve(`postgres://u@h/d${mode}`)).tls).toEqual(tls);
});

const faults = [
  {
    title: "a variable that isn't set",
    connection: { fromEnv: "PG" },
    code: "RETR_CREDENTIAL_MISSING",
    names: "variable PG",
  },
  {
    title: "a file that isn't there",
    connection: { fromFile: "/no/file" },
    code: "RETR_CREDENTIAL_MISSING",
    names: "/no/file",
  },
  {
    title: "text that is no address",
    connection: "hunter2",
    code: "RETR_CONFIG_INVALID",
    names: "expected postgres://",
  },
  {
    title: "an unknown sslmode",
    connection: "postgres://u:hunter2@h/d?sslmode=maybe",
    code: "RETR_CONFIG_INVALID",
    names: "sslmode",
  },
  {
    title: "a CA file that is none",
    connection: "postgres://u:hunter2@h/d?sslmode=require&sslrootcert=/etc/hostname",
    code: "RETR_BACKEND_TLS",
    names: "/etc/hostname",
  },
];

test.each(faults)(
  "$title makes the store unusable and names the place, not the secret",
  ({ connection, code, names }) => {
    const fault = choiceFault(resolve(connection));
    expect(fault).toMatchObject({ code, message: expect.stringContaining(names) as string });
    expect(fault?.message).toMatch(/^primary\./);
    expect(fault?.message).not.toContain("hunter2");
  },
);

test("identity ignores credentials and tuning, the key of the connections doesn't", () => {
  const one = resolve({ fromEnv: "PG" }, { PG: "postgres://u:one@h/d" });
  const two = resolve({ fromEnv: "PG" }, { PG: "postgres://u:two@h:5432/d" });
  const tuned = resolve({ fromEnv: "PG" }, { PG: "postgres://u:one@h/d" }, { poolSize: 3 });
  expect(two.identity).toEqual(one.identity);
  expect(tuned.identity).toEqual(one.identity);
  const keys = [one, two, tuned, one].map((choice) => storeKey(choice, normalization));
  expect(new Set(keys).size).toBe(3);
  expect(keys[3]).toBe(keys[0]);
});

test("a resolved credential can't be printed by accident", () => {
  const choice = resolve("postgres://u:hunter2@h/d");
  for (const text of [JSON.stringify(choice), inspect(choice, { depth: 9 }), String(specFrom(choice).password)]) {
    expect(text).not.toContain("hunter2");
  }
});
