import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
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
  { mode: "?sslmode=prefer", tls: { ca: null } },
  { mode: "?ssl=true", tls: { ca: null } },
  { mode: "?sslrootcert=system", tls: { ca: null } },
  { mode: "?sslmode=require", tls: { ca: null } },
  { mode: "?sslmode=verify-full", tls: { ca: null } },
];

test.each(modes)("sslmode as in '$mode' is verified or off, never in between", ({ mode, tls }) => {
  expect(specFrom(resolve(`postgres://u@h/d${mode}`)).tls).toEqual(tls);
});

test.each(["require", "verify-ca", "verify-full", "Require"])(
  "PGSSLMODE=%s is no word that may pass unheard",
  (mode) => {
    const of = (text: string, change: object = {}) => resolve(text, { PGSSLMODE: mode }, change);
    expect(choiceFault(of("postgres://u@h/d"))).toMatchObject({
      code: "RETR_CONFIG_INVALID",
      path: "primary.connectionString",
      message: expect.stringContaining("PGSSLMODE asks for TLS and isn't read: add sslmode=verify-full") as string,
    });
    expect(specFrom(of("postgres://u@h/d?sslmode=disable")).tls).toBeNull();
    expect(specFrom(of("postgres://u@h/d", { tls: {} })).tls).toEqual({ ca: null });
    expect(specFrom(of("postgres:///d?host=/run/pg&user=u")).tls).toBeNull();
    expect(specFrom(resolve("postgres://u@h/d", { PGSSLMODE: "prefer" })).tls).toBeNull();
  },
);

const odd = {
  TWO_LINES: "postgres://u:hunter2@h/d\n\n",
  INVISIBLE: "\ufeffpostgres://u:hunter2@h/d",
  EMPTY_LINE: "\r\n",
};
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
    title: "a variable of two lines",
    connection: { fromEnv: "TWO_LINES" },
    code: "RETR_CREDENTIAL_INVALID",
    names: "variable TWO_LINES isn't one line",
  },
  {
    title: "a variable with an invisible character",
    connection: { fromEnv: "INVISIBLE" },
    code: "RETR_CREDENTIAL_INVALID",
    names: "variable INVISIBLE isn't one line",
  },
  {
    title: "a variable of one line break",
    connection: { fromEnv: "EMPTY_LINE" },
    code: "RETR_CREDENTIAL_INVALID",
    names: "variable EMPTY_LINE is empty",
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
    const fault = choiceFault(resolve(connection, odd));
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

test.each(["", "\n", "\r\n"])(
  "F13: a credential loses one line break at its end, as in %j, wherever it stands",
  (end) => {
    const text = `postgres://u:hunter2@h/d${end}`;
    const file = join(mkdtempSync(join(tmpdir(), "retriever-credential-")), "url");
    writeFileSync(file, text);
    for (const connection of [text, { fromEnv: "PG" }, { fromFile: file }]) {
      expect(specFrom(resolve(connection, { PG: text })).database).toBe("d");
    }
    rmSync(dirname(file), { recursive: true });
  },
);

test("a key that no header takes is refused before anything is sent, by its field", () => {
  const adapter = { kind: "qdrant", url: "http://h:6333", collection: "c", apiKey: { fromEnv: "KEY" } };
  const resolveKey = (key: string) =>
    resolveBaseAdapter(baseAdapterSchemaOf(storeKinds).parse(adapter), { env: { KEY: key }, registry }, "primary");
  for (const key of ["hunter2 ", "hünter2", "hunter2\nx"]) {
    const fault = choiceFault(resolveKey(key));
    expect(fault).toMatchObject({ code: "RETR_CREDENTIAL_INVALID", path: "primary.apiKey" });
    expect(fault?.message).not.toMatch(/h[uü]nter2/);
  }
  expect(choiceFault(resolveKey("hunter2\n"))).toBeUndefined();
});

const resolveQdrant = (change: object) =>
  resolveBaseAdapter(
    baseAdapterSchemaOf(storeKinds).parse({ kind: "qdrant", url: "http://h", collection: "c", ...change }),
    { env: {}, registry },
    "primary",
  );

test("tls beside an address in plain text is refused, never left out", () => {
  expect(choiceFault(resolveQdrant({ tls: {} }))).toMatchObject({ code: "RETR_CONFIG_INVALID", path: "primary.tls" });
  expect(specOf(resolveQdrant({ url: "https://h", tls: {} }))).toMatchObject({ tls: { ca: null } });
});

test.each([
  ["http://h", 6333],
  ["http://h:80", 80],
  ["http://[::1]:80/", 80],
  ["http://[::1]", 6333],
  ["https://h", 443],
  ["https://h:443", 443],
  ["https://h:6333/", 6333],
])("the port of %s is %d: one that is written counts, whatever the scheme's own is", (url, port) => {
  expect(resolveQdrant({ url }).identity?.label).toContain(`:${port}/c`);
});
