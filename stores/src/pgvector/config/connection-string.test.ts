// Connection strings mean what libpq and node-postgres both read in them, or they are refused without being quoted.
import fc from "fast-check";
import { Client } from "pg";
import { describe, expect, it } from "vitest";
import { makeSpec } from "#test/spec.ts";
import { makePool } from "../client/pool.ts";
import { ConnectionRefusal } from "./connection-parameters.ts";
import { readConnectionString } from "./connection-string.ts";
import type { PgvectorSpec } from "./schema.ts";

const resolve = (connectionString: string): PgvectorSpec => makeSpec("pgvector", { connectionString });

/** What the driver makes of a configuration: ours, or the connection string itself. */
function driverSees(config: object) {
  const client = new Client(config);
  const { host, port, database, user } = client;
  const ssl: unknown = Reflect.get(client, "ssl");
  const isTls = ssl !== false && ssl !== undefined;
  const isVerified =
    isTls && !(typeof ssl === "object" && ssl !== null && Reflect.get(ssl, "rejectUnauthorized") === false);
  return { host, port, database, user, isTls, isVerified };
}

const file = import.meta.filename;
const taken = [
  ["postgres://u:p@h/d", { host: "h", port: 5432, database: "d", tls: null }],
  ["postgresql+asyncpg://u:p@h:6432/d", { host: "h", port: 6432 }],
  ["postgres://u:p@[::1]:5433/d", { host: "::1", port: 5433 }],
  ["postgres://u@h", { database: "u", password: null }],
  ["postgres:///d?host=/var/run/postgresql&user=u", { host: "/var/run/postgresql", database: "d" }],
  ["postgres://u:p@%2Fcloudsql%2Fa%3Ab%3Ac/d", { host: "/cloudsql/a:b:c" }],
  ["postgres://h/d?user=u&password=p", { host: "h" }],
  ["postgres://a:b@h/d?user=u&host=other&port=6543", { host: "other", port: 6543 }],
  ["postgres://u@h?dbname=d", { database: "d" }],
  ["postgres://u@h/d?user=me@server", { host: "h" }],
  ["host=h port=5433 user=u dbname='my d' password='it\\'s' sslmode=require", { database: "my d", port: 5433 }],
  ["postgres://u@h/d?ssl=true", { tls: { ca: null } }],
  ["postgres://u@h/d?ssl=1&sslmode=verify-ca", { tls: { ca: null } }],
  ["postgres://u@h/d?sslmode=prefer", { tls: { ca: null } }],
  ["postgres://u@h/d?sslmode=allow", { tls: { ca: null } }],
  ["postgres://u@h/d?sslmode=disable&ssl=0", { tls: null }],
  ["postgres://u@h/d?sslrootcert=system", { tls: { ca: null } }],
  ["postgres://u@h/d?sslmode=verify-full&sslrootcert=system", { tls: { ca: null } }],
  [
    "postgres://u@h/d?application_name=docs&connect_timeout=3&options=-c%20hnsw.ef_search%3D80&target_session_attrs=any",
    { session: { applicationName: "docs", connectTimeoutMs: 3000, options: "-c hnsw.ef_search=80" } },
  ],
] as const;

describe("a connection string", () => {
  it.each(taken)("F12: %s is taken apart", (text, expected) => {
    expect(resolve(text)).toMatchObject(expected);
  });

  it("brings passwords as they were meant", () => {
    const passwords = ["postgres://u:a%25b%40%2F@h/d", "postgres://u:a:b@h/d", "host=h user=u password='it\\'s \\\\'"];
    expect(passwords.map((text) => resolve(text).password?.reveal())).toEqual(["a%b@/", "a:b", "it's \\"]);
  });

  it("hands its own options, name and a shorter time to connect on to the driver, and no settings of ours", () => {
    const spec = resolve("postgres://u@h/d?options=-c%20a.b%3D1&application_name=docs&connect_timeout=2");
    const pool = makePool({ ...spec, indexSettings: { hnswEfSearch: 9 } }, 1, 5000);
    expect(pool.options).toMatchObject({
      options: "-c a.b=1",
      application_name: "docs",
      connectionTimeoutMillis: 2000,
    });
    expect(pool.options).not.toHaveProperty("statement_timeout");
  });
});

const refused = [
  ["jdbc:postgresql://h/d?user=u&password=hunter2", "expected postgres://"],
  ["Host=h;Username=u;Password=hunter2", "expected postgres://"],
  ["/var/run hunter2", "expected postgres://"],
  ["postgres://u:hunter2@h/d\npostgres://u@i/d", "one line"],
  ["postgres://u:hunter2%0A@h/d", "password: expected no control character"],
  ["postgres://u:hunter2%@h/d", "password: expected % only before two hex digits"],
  ["postgres://u:hunter2%zz@h/d", "password: expected % only"],
  ["postgres://u:hunter2%ff@h/d", "password: expected % only"],
  ["postgres://u:hun@ter2@h/d", "percent-encoded"],
  ["postgres://u:12/hunter2@h/d", "percent-encoded"],
  ["postgres://u:12?hunter2=1@h/d", "percent-encoded"],
  ["postgres://u:12#hunter2@h/d", "percent-encoded"],
  ["postgres://u:hunter2@h/d?password=a+b", "password: expected + as %2B"],
  ["postgres://u:hunter2@h1,h2:5433/d", "host: expected one host, got several"],
  ["host=h1,h2 user=u password=hunter2", "host: expected one host, got several"],
  ["postgres://u:hunter2@::1/d", "host: expected an IPv6 address in brackets"],
  ["postgres:///d?user=u&password=hunter2", "host: expected a host"],
  ["postgres://h/d?password=hunter2", "user: expected a user"],
  ["postgres://u:hunter2@h:70000/d", "port: expected 1 to 65535"],
  ["postgres://u:hunter2@h:0/d", "port: expected 1 to 65535"],
  ["postgres://u:hunter2@h/d?sslmode=no-verify", "sslmode: expected disable, allow"],
  ["postgres://u:hunter2@h/d?ssl=no-verify", "ssl: expected true, or sslmode=disable"],
  ["postgres://u:hunter2@h/d?ssl=false", "ssl: expected true, or sslmode=disable"],
  ["postgres://u:hunter2@h/d?sslmode=", "sslmode: expected a value, got none"],
  ["host=h user=u password=hunter2 sslmode=''", "sslmode: expected a value, got none"],
  ["postgres://u:hunter2@h/d?ssl=", "ssl: expected a value, got none"],
  ["postgres://u:hunter2@h/d?ssl=true&sslmode=disable", "sslmode: expected one wish for TLS"],
  ["postgres://u:hunter2@h/d?sslmode=disable&sslrootcert=system", "sslmode: expected one wish for TLS"],
  ["postgres://u:hunter2@h/d?sslmode=verify-full&sslmode=disable", "sslmode: expected each parameter once"],
  ["postgres://u:hunter2@%2Fsocket/d?sslmode=require", "sslmode: expected disable with a socket"],
  ["postgres://u:hunter2@h/d?sslcert=/c.pem&sslkey=/k.pem", "sslcert: a certificate of the client"],
  ["postgres://u:hunter2@h/d?channel_binding=require", "channel_binding: expected disable or prefer"],
  ["postgres://u:hunter2@h/d?target_session_attrs=read-write", "target_session_attrs: expected any"],
  ["postgres://u:hunter2@h/d?service=docs", "service: service files"],
  ["service=docs password=hunter2", "service: service files"],
  ["host=h user=u password=my hunter2=x", "got another one"],
  ["host=h user=u password='hunter2", "expected postgres://"],
  ["postgres://u:hunter2@h/d?pgbouncer=true", "pgbouncer: set preparedStatements: false"],
  ["postgres://u:hunter2@h/d?currentSchema=docs", "currentSchema: set schema"],
  ["postgres://u:hunter2@h/d?oauth_issuer=i", "oauth_issuer: there is no authentication by OAuth"],
  ["postgres://u:hunter2@h/d?min_protocol_version=3.2", "min_protocol_version: expected 3.0"],
  ["postgres://u:hunter2@h/d?pool=5", "pool: set poolSize"],
  ["postgres://u:hunter2@h/d?prepared_statements=false", "prepared_statements: set preparedStatements"],
  ["postgres://u:hunter2@h/d?hunter2=1", "got another one"],
] as const;

it.each(refused)("F12: %s is refused by what it names, and never quoted", (text, says) => {
  expect(() => resolve(text)).toThrow(says);
  expect(() => resolve(text)).toThrow(expect.objectContaining({ message: expect.not.stringContaining("hunter2") }));
});

/** Null: with a bare space in it the driver encodes the rest of the address once more, and names another host. */
function readByDriver(text: string) {
  if (text.includes(" ")) return null;
  // With its own switch the driver verifies less, or wants a file beside verify-ca.
  const own = driverSees({ connectionString: text.replaceAll("uselibpqcompat=true", "") });
  return { ...own, isVerified: own.isTls };
}

function tryToResolve(text: string): { readonly spec: PgvectorSpec | null; readonly message: string } {
  try {
    return { spec: resolve(text), message: "" };
  } catch (error) {
    return { spec: null, message: String(error) };
  }
}

const asksForTls = /^(sslmode=(allow|prefer|require|verify-ca|verify-full)|ssl=(true|1)|sslrootcert=.*)$/;
const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}[a-z0-9]$/);
const secret = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme-ascii" });
const tlsPart = fc.oneof(
  fc
    .constantFrom("disable", "allow", "prefer", "require", "verify-ca", "verify-full", "no-verify", "REQUIRE", "x")
    .map((mode) => `sslmode=${mode}`),
  fc.constantFrom("true", "false", "1", "0", "no-verify", "yes").map((ssl) => `ssl=${ssl}`),
  fc.constantFrom(`sslrootcert=${file}`, "uselibpqcompat=true", "sslnegotiation=direct", "sslnegotiation=postgres"),
);
const other = fc.oneof(
  word.map((name) => `application_name=${name}`),
  fc.constantFrom("connect_timeout=5", "target_session_attrs=any", "keepalives=1", "port=6432", "unknown=1"),
);
const parts = fc.record({
  user: word,
  password: secret,
  host: fc.oneof(word, fc.constantFrom("[::1]", "127.0.0.1", "%2Frun%2Fpg")),
  port: fc.constantFrom("", ":5433"),
  database: fc.oneof(word, fc.constant("")),
  query: fc.array(fc.oneof(tlsPart, other), { maxLength: 4 }),
  isEncoded: fc.boolean(),
});

describe("whatever the connection string", () => {
  it("F12: the driver is given what it would read in it itself, never with less TLS, or it is refused without its secret", () => {
    let takenCount = 0;
    fc.assert(
      fc.property(parts, ({ user, password, host, port, database, query, isEncoded }) => {
        const secretText = isEncoded ? encodeURIComponent(password) : password;
        const text = `postgres://${user}:${secretText}@${host}${port}/${database}?${query.join("&")}`;
        const { spec, message } = tryToResolve(text);
        // Shorter ones are in the words of a sentence by chance.
        expect(password.length > 5 && message.includes(password)).toBe(false);
        if (spec === null) return;
        takenCount += 1;
        const ours = driverSees(makePool(spec, 1, 1000).options);
        expect(ours.isVerified).toBe(query.some((part) => asksForTls.test(part)));
        expect(ours).toEqual(readByDriver(text) ?? ours);
        expect(isEncoded ? spec.password?.reveal() : password).toBe(password);
      }),
      { numRuns: 2000 },
    );
    expect(takenCount).toBeGreaterThan(100);
  });
});

it.each([
  "postgres://app:12/hunter2@h/d",
  "postgres://app:12?hunter2@h/d",
  "postgres://app:12#hunter2@h/d",
  "postgres://h/postgres:%2F%2Fapp:hunter2%40h%2Fd?user=app",
  "host=h user=app dbname=postgres://app:hunter2@h/d",
  "host=h user=app dbname='host=h password=hunter2'",
  "postgres://app@h/12%2Fhunter2",
])("a piece of a password that would stand in a label is refused, and not shown: %s", (text) => {
  expect(() => readConnectionString(text)).toThrow(ConnectionRefusal);
  expect(() => readConnectionString(text)).not.toThrow(/hunter2/);
});
