// examples/quickstart as its reader gets it: both stores filled by its own seeds hold the same chunks, and its application
// gets texts from the sidecar that runs its base.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { type Postgres, startPostgres } from "#stores/postgres.ts";
import { type Qdrant, startQdrant } from "#stores/qdrant.ts";
import { runToEnd } from "#support/process/run-to-end.ts";
import { type Sidecar, startSidecar } from "#support/sidecar/start-sidecar.ts";
import { placeOf, verify } from "#support/verify/verify-process.ts";

const folder = join(import.meta.dirname, "../../examples/quickstart");
const address = "127.0.0.46";
const textOf = (file: string): string => readFileSync(join(folder, file), "utf8");

type Base = { readonly primary: object; readonly select: readonly string[] };
type Migration = {
  readonly spec: { readonly destination: { readonly url: string } & Readonly<Record<string, unknown>> };
};

let postgres: Postgres;
let qdrant: Qdrant;
let sidecar: Sidecar;
let source: object;

beforeAll(async () => {
  [postgres, qdrant] = await Promise.all([
    startPostgres(address, ""),
    startQdrant({ address, external: { url: undefined, apiKey: undefined } }),
  ]);
  const client = new Client({ connectionString: postgres.connectionString });
  await client.connect();
  await client.query(textOf("seed.sql"));
  await client.end();
  const base = parse(textOf("retriever.yaml")) as Base;
  // PGlite is one session for all connections.
  const forPglite = { preparedStatements: false, poolSize: 1 };
  source = { ...base.primary, connectionString: postgres.connectionString, ...forPglite };
  sidecar = await startSidecar({ base: { ...base, primary: source } });
  await sidecar.probed(8);
});

afterAll(async () => {
  await sidecar.stop();
  await Promise.all([postgres.close(), qdrant.close()]);
});

describe("examples/quickstart", () => {
  it("fills both stores with the same chunks, to the numbers of their vectors", async () => {
    const seeded = await runToEnd(process.execPath, [join(folder, "seed.mjs")], { env: { QDRANT_URL: qdrant.url } });
    expect(seeded).toMatchObject({ exitCode: 0, stdout: "2000 chunks\n" });
    const { destination } = (parse(textOf("migration.yaml")) as Migration).spec;
    const place = placeOf(source, { ...destination, url: qdrant.url });
    const { report } = await verify(place, ["--level", "payload", "--lag", "0", "--budget", "none"]);
    place.remove();
    expect(report).toMatchObject({ outcome: "equal", differences: [] });
  });

  it("has an application that gets texts", async () => {
    const asked = await runToEnd(process.execPath, [join(folder, "app.mjs")], {
      env: { RETRIEVER_URL: sidecar.appUrl, RATE: "50", QUESTIONS: "3" },
    });
    expect(asked.exitCode).toBe(0);
    // Which of several near ones is nearest is the index's to say.
    expect(asked.stdout).toMatch(/^question 1: Text of chunk \d+\n$/);
  });

  it("lets the migration's destination, and no other host, be reached by pod and comparison", () => {
    const { destination } = (parse(textOf("migration.yaml")) as Migration).spec;
    const hosts = ["application.yaml", "verify.yaml"].map((file) => {
      const [found] = textOf(file).matchAll(/name: RETRIEVER_ALLOWED_HOSTS, value: "([^"]+)"/g);
      return found?.[1];
    });
    expect(hosts).toEqual([new URL(destination.url).host, new URL(destination.url).host]);
    const kinds = parseAllDocuments(textOf("application.yaml")).map((one) => one.get("kind"));
    expect(kinds).toEqual(["Deployment"]);
  });
});
