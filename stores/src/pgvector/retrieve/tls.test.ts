import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
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

/** `error` as a Postgres sends it before it knows anybody. */
const refusal = Buffer.concat([Buffer.from("E\0\0\0\x17"), Buffer.from("SFATAL\0C28000\0Mno\0\0")]);
const welcome = Buffer.concat([Buffer.from("R\0\0\0\x08\0\0\0\0"), Buffer.from("Z\0\0\0\x05I")]);
const downgrades: readonly (readonly [string, Buffer])[] = [
  ["says that it has no TLS", Buffer.from("N")],
  ["says that it has no TLS, and is content without", Buffer.concat([Buffer.from("N"), welcome])],
  ["begins TLS with words that came before it", Buffer.concat([Buffer.from("S"), welcome])],
  ["answers as one that knows no TLS", refusal],
  ["answers with something else", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
];

test.each(downgrades)(
  "where TLS is asked for, a server that %s is told nothing, not even a name",
  async (_, answer) => {
    const heard: Buffer[] = [];
    const plain = createServer((socket) => {
      socket
        .on("error", () => undefined)
        .on("data", (data) => {
          heard.push(data);
          if (heard.length === 1) socket.write(answer);
        });
    });
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const { port } = plain.address() as AddressInfo;
    const connectionString = `postgres://reader:secret-word@127.0.0.1:${port}/docs?sslmode=verify-full`;
    const backend = makePgvectorBackend(makeSpec("pgvector", { connectionString }), testDeps);
    const facts = await backend.probe(AbortSignal.timeout(2000));
    await backend.close();
    plain.close();
    expect(facts).toMatchObject({ authenticated: null, fault: { code: expect.stringMatching(/^RETR_BACKEND_/) } });
    const words = Buffer.concat(heard).toString("latin1");
    expect(heard[0]?.toString("hex")).toBe("0000000804d2162f");
    expect(words).not.toMatch(/reader|secret-word|docs/);
  },
);
