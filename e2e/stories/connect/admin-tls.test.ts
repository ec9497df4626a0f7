// The admin port over TLS: a real sidecar with a certificate made here, asked as the operator asks it.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HttpSidecars, makeHttpSidecars } from "@retriever/operator/adapters/sidecars/http-sidecars.ts";
import { adminServerName } from "@retriever/sidecar/contract/names.ts";
import { makeCertificate, type TestCertificate } from "@retriever/stores/test/certificate.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "#support/eventually.ts";
import { type Sidecar, startSidecar } from "#support/sidecar/start-sidecar.ts";

type SidecarPeer = Parameters<HttpSidecars["readStatus"]>[0];
const serverName = adminServerName("search-api", "search");
const own = makeCertificate(serverName);
const folder = mkdtempSync(join(tmpdir(), "retriever-admin-tls-"));
const closing: (() => unknown)[] = [];
let sidecar: Sidecar;
let peer: SidecarPeer;

/** As a Secret's files are replaced: never half of one. */
function write({ cert, key }: TestCertificate): void {
  for (const [name, text] of [
    ["tls.crt", cert],
    ["tls.key", key],
  ] as const) {
    writeFileSync(join(folder, `..${name}`), text);
    renameSync(join(folder, `..${name}`), join(folder, name));
  }
}

const startWith = (adminTls: string) =>
  startSidecar({
    base: { primary: { kind: "qdrant", url: "http://127.0.0.1:9", collection: "chunks" } },
    env: { RETRIEVER_ADMIN_TLS: adminTls, RETRIEVER_ALLOWED_HOSTS: "127.0.0.1" },
  });

beforeAll(async () => {
  write(own);
  sidecar = await startWith(folder);
  peer = { address: "127.0.0.1", port: Number(new URL(sidecar.adminUrl).port), serverName };
});
afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  await sidecar.stop();
  rmSync(folder, { recursive: true, force: true });
});

let files = 0;

/** An operator that trusts these authorities; without any, those that Node knows. */
function operatorTrusting(ca?: string) {
  files += 1;
  const caFile = join(folder, `ca-${files}.crt`);
  if (ca !== undefined) writeFileSync(caFile, ca);
  const sidecars = makeHttpSidecars({ deadlineMs: 20_000, ...(ca === undefined ? {} : { caFile }) });
  closing.push(() => sidecars.close());
  return (at: SidecarPeer) => sidecars.readStatus(at, { windows: [], bins: 0 }, new AbortController().signal);
}

test("an operator that has its authority reads the status", async () => {
  const status = await operatorTrusting(own.cert)(peer);
  expect(status.podUid).toBe("local");
});

test.each([
  ["another authority", makeCertificate(serverName).cert, serverName],
  ["no authority", undefined, serverName],
  ["a text that is none", "no certificate", serverName],
  ["another workload's name", own.cert, adminServerName("other", "search")],
  ["another namespace's name", own.cert, adminServerName("search-api", "other")],
])("an operator with %s doesn't, and says so with a code", async (_, ca, name) => {
  const asked = operatorTrusting(ca)({ ...peer, serverName: name });
  await expect(asked).rejects.toMatchObject({ code: "ROP_SIDECAR_UNREACHABLE" });
});

test("nobody is asked in plain text, and a sidecar that expects TLS answers none", async () => {
  const { serverName: _, ...plain } = peer;
  await expect(operatorTrusting(own.cert)(plain)).rejects.toMatchObject({
    code: expect.stringMatching(/^ROP_SIDECAR_/),
  });
  const asked: string[] = [];
  const server = createServer((request) => void asked.push(request.url ?? "")).listen(0, "127.0.0.1");
  closing.push(() => server.close());
  await eventually("it listens", async () => server.listening);
  const { port } = server.address() as AddressInfo;
  await expect(operatorTrusting(own.cert)({ ...peer, port })).rejects.toMatchObject({
    code: "ROP_SIDECAR_UNREACHABLE",
  });
  expect(asked).toEqual([]);
});

test("a folder without a certificate and its own key is refused at the start, and neither is quoted", async () => {
  const other = mkdtempSync(join(tmpdir(), "retriever-admin-tls-"));
  closing.push(() => rmSync(other, { recursive: true, force: true }));
  writeFileSync(join(other, "tls.crt"), own.cert);
  writeFileSync(join(other, "tls.key"), makeCertificate(serverName).key);
  const fault = await startWith(other).catch(String);
  expect(fault).toContain("admin-tls: expected a certificate and its own key, as PEM");
  expect(fault).not.toContain("PRIVATE KEY");
});

test("a certificate that was renewed is served without a start, and what can't be used is not taken", async () => {
  const renewed = makeCertificate(serverName);
  writeFileSync(join(folder, "tls.crt"), "half a certi");
  write(renewed);
  await eventually("the new authority's operator reads the status", async () =>
    operatorTrusting(renewed.cert)(peer).then(
      () => true,
      () => false,
    ),
  );
  await expect(operatorTrusting(own.cert)(peer)).rejects.toMatchObject({ code: "ROP_SIDECAR_UNREACHABLE" });
});
