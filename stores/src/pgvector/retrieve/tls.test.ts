import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeCertificate } from "#test/certificate.ts";
import { startTlsPostgres, type TlsPostgres } from "#test/fakes/tls-postgres.ts";
import { makeSpec, testDeps } from "#test/spec.ts";
import { makePgvectorBackend } from "./backend.ts";

let server: TlsPostgres;
let folder: string;

beforeAll(async () => {
  const [own, foreign] = [makeCertificate("127.0.0.1"), makeCertificate("127.0.0.1")];
  folder = mkdtempSync(join(tmpdir(), "retriever-ca-"));
  writeFileSync(join(folder, "own.pem"), own.cert);
  writeFileSync(join(folder, "foreign.pem"), foreign.cert);
  server = await startTlsPostgres(own);
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

async function probe(host: string, change: object) {
  const connectionString = `postgres://reader:secret-word@${host}:${server.port}/docs?sslmode=verify-full`;
  const backend = makePgvectorBackend(makeSpec("pgvector", { connectionString, ...change }), testDeps);
  const facts = await backend.probe(AbortSignal.timeout(2000));
  await backend.close();
  return facts;
}

test("a certificate of the configured authority is verified before the startup message goes out", async () => {
  const before = server.startups.length;
  const facts = await probe("127.0.0.1", { tls: { caFile: join(folder, "own.pem") } });
  expect(facts).toMatchObject({ reachable: true, tls: "verified", authenticated: false });
  expect(server.startups.slice(before)).toHaveLength(1);
  expect(server.startups.at(-1)).toContain("reader");
});

const refused = [
  { title: "of another authority", host: "127.0.0.1", ca: "foreign.pem" },
  { title: "of nobody the system knows", host: "127.0.0.1", ca: null },
  { title: "for another address", host: "localhost", ca: "own.pem" },
];

test.each(refused)("a certificate $title fails as TLS and nothing is sent to it", async ({ host, ca }) => {
  const before = server.startups.length;
  const facts = await probe(host, ca === null ? {} : { tls: { caFile: join(folder, ca) } });
  expect(facts).toMatchObject({ tls: "failed", fault: { code: "RETR_BACKEND_TLS" } });
  expect(server.startups).toHaveLength(before);
});
