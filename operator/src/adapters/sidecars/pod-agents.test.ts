// The files with which pods are asked, while they are renewed: what can't be used of them must not make all pods unheard.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeAuthority } from "@retriever/stores/test/certificate.ts";
import { request } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openAgents } from "./pod-agents.ts";

const authority = makeAuthority("retriever-ca");
const serverName = "search-api.search.svc";
const workload = authority.issue(serverName);
const [own, other] = [1, 2].map(() => authority.issue("retriever-migration-operator.retriever-system.svc"));
const folder = mkdtempSync(join(tmpdir(), "retriever-pod-agents-"));
const caFile = join(folder, "ca.crt");
const server = createServer({ ...workload, ca: authority.cert, requestCert: true, rejectUnauthorized: true });

function write(files: Readonly<Record<string, string | undefined>>): void {
  for (const [name, text] of Object.entries(files)) {
    if (text === undefined) rmSync(join(folder, name), { force: true });
    else writeFileSync(join(folder, name), text);
  }
}

beforeAll(async () => {
  server.on("request", (_, response) => response.end("heard"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

test.each<[string, Readonly<Record<string, string | undefined>>]>([
  ["a certificate that isn't its key's", { "tls.crt": other?.cert }],
  ["a certificate that is none", { "tls.crt": "no certificate" }],
  ["no key", { "tls.key": undefined }],
  ["an empty key", { "tls.key": "" }],
  ["no authorities", { "ca.crt": undefined }],
  ["an empty file of authorities", { "ca.crt": "" }],
])("files that are renewed with %s leave those before in use, which is told once", async (_, renewed) => {
  write({ "tls.crt": own?.cert, "tls.key": own?.key, "ca.crt": authority.cert });
  const told: unknown[] = [];
  let now = 0;
  const agents = openAgents({
    connect: { timeoutMs: 30_000 },
    caFile,
    clientFolder: folder,
    elapsed: () => now,
    onFault: (fault) => void told.push(fault),
  });
  const peer = { address: "127.0.0.1", port: (server.address() as AddressInfo).port, serverName, podUid: "uid-1" };
  const ask = async () => {
    const { origin, ...reach } = await agents.reach(peer, "status");
    const { body } = await request(`${origin}/v1/status`, reach);
    return body.text();
  };
  expect(await ask()).toBe("heard");
  write(renewed);
  for (let times = 0; times < 3; times++) {
    now += 11_000;
    expect(await ask()).toBe("heard");
  }
  expect(told).toHaveLength(1);
  await agents.close();
});
