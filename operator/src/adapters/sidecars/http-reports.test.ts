import { digestOfReport, type VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import { afterEach, describe, expect, test } from "vitest";
import { OperatorError } from "#errors.ts";
import { type Handler, type Played, playServer, reply } from "#test/api-server.ts";
import { destinationIdentity, sourceIdentity } from "#test/builders/sidecar-status.ts";
import { aSyncStatus } from "#test/builders/verification.ts";
import { type HttpReports, makeHttpReports } from "./http-reports.ts";

let played: Played | undefined;
let reports: HttpReports | undefined;
afterEach(async () => {
  await reports?.close();
  await played?.close();
});

const { signal } = new AbortController();
const stores = { source: sourceIdentity, destination: destinationIdentity };
const at = "2026-01-01T00:00:00.000Z";
const store = { dimension: 384, metric: "cosine", precision: "float32", read: 10, newestUpdatedAt: at } as const;

function aReport(more: Partial<VerifyReport> = {}): VerifyReport {
  const unsigned = {
    schema: 1,
    version: "0.1.0",
    outcome: "equal",
    reason: null,
    startedAt: at,
    finishedAt: at,
    scope: { level: "fresh", since: null, partition: { index: 0, count: 1 }, sample: 1, lagSeconds: 5 },
    source: { identity: sourceIdentity, ...store },
    destination: { identity: destinationIdentity, ...store },
    counts: { missing: 0, extra: 0, stale: 0, payload: 0, vector: 0, lagging: 0 },
    namespaces: [],
    newestDifferenceAt: null,
    isListComplete: true,
    differences: [],
    quality: null,
  } as const satisfies Omit<VerifyReport, "digest">;
  return { ...unsigned, digest: digestOfReport(unsigned), ...more };
}

async function arrange(handler: Handler, deadlineMs = 30_000, maxBytes = 4096) {
  played = await playServer(handler);
  const client = makeHttpReports({ deadlineMs });
  reports = client;
  const port = Number(new URL(played.url).port);
  const peer = { address: "127.0.0.1", port };
  return {
    isReady: () => client.isReady(peer, signal),
    fetch: () => client.fetch(peer, maxBytes, stores, signal),
    fail: () =>
      client.fetch(peer, maxBytes, stores, signal).then(
        () => Promise.reject(new Error("expected a fault")),
        (fault: unknown) => fault as OperatorError,
      ),
    readSync: () => client.readSync(peer, "hold", stores, signal),
    requests: played.requests,
  };
}

describe("a verifier's report", () => {
  test("is ready once the verifier has it, which is asked without fetching it", async () => {
    let status = 202;
    const { isReady, requests } = await arrange((_, response) => reply(response, status, ""));
    expect(await isReady()).toBe(false);
    status = 200;
    expect(await isReady()).toBe(true);
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual(["HEAD /v1/report", "HEAD /v1/report"]);
  });

  test("is fetched as it was sent, with a bound on its size", async () => {
    const { fetch, requests } = await arrange((_, response) => reply(response, 200, aReport()));
    expect(JSON.parse((await fetch()).text)).toEqual(aReport());
    expect(requests[0]?.url).toBe("/v1/report?maxBytes=4096");
  });

  test("with as many differences as its bound of bytes holds is fetched, however short they are", async () => {
    const maxBytes = 900 * 1024;
    const bare = { kind: "extra", namespace: null, sourceUpdatedAt: null, destinationUpdatedAt: null } as const;
    const ids = Array.from({ length: 1000 }, (_, n) => String(n));
    const doubled = { doubled: { count: 1000, ids } };
    const counts = aReport().counts;
    const { digest: _digest, ...head } = aReport({
      source: { identity: sourceIdentity, ...store, ...doubled },
      destination: { identity: destinationIdentity, ...store, ...doubled },
      namespaces: Array.from({ length: 101 }, (_, n) => ({ namespace: String(n), counts })),
    });
    const room = maxBytes - Buffer.byteLength(JSON.stringify(head)) - 100;
    const perDifference = JSON.stringify({ id: "1234", ...bare }).length + 1;
    const differences = Array.from({ length: Math.floor(room / perDifference) }, (_, n) => ({
      id: String(n),
      ...bare,
    }));
    const report = { ...head, differences };
    const signed = { ...report, digest: digestOfReport(report) };
    const size = Buffer.byteLength(JSON.stringify(signed));
    expect(size).toBeLessThanOrEqual(maxBytes);
    expect(size).toBeGreaterThan(maxBytes - 2000);
    const { fetch } = await arrange((_, response) => reply(response, 200, signed), 30_000, maxBytes);
    expect(JSON.parse((await fetch()).text).differences).toHaveLength(differences.length);
  });

  test.each<[string, unknown, string]>([
    ["was edited by hand", aReport({ outcome: "drift" }), "the digest is not the report's"],
    ["is about another source", aReport({ source: { identity: destinationIdentity, ...store } }), "digest"],
    ["has a field too many", { ...aReport(), secret: "secret-canary" }, "secret"],
    ["is no JSON", "secret-canary", "not JSON"],
    ["is larger than was asked for", "x".repeat(4097), "more than 4096 bytes"],
  ])("that %s is refused, none of it repeated", async (_, body, words) => {
    const { fail } = await arrange((_request, response) => reply(response, 200, body));
    const error = await fail();
    expect([error.code, error.message]).toEqual(["ROP_SIDECAR_ANSWER_INVALID", expect.stringContaining(words)]);
    expect(error.message).not.toContain("secret-canary");
  });

  test("about other stores than the migration's is refused, however well it is signed", async () => {
    const { digest: _digest, ...rest } = aReport();
    const foreign = { ...rest, destination: { ...rest.destination, identity: sourceIdentity } };
    const signed = { ...foreign, digest: digestOfReport(foreign) };
    const { fail } = await arrange((_, response) => reply(response, 200, signed));
    expect((await fail()).message).toContain("other stores");
  });

  test("of a verifier that never answers is a coded fault", async () => {
    const { fail } = await arrange(() => undefined, 100);
    expect((await fail()).code).toBe("ROP_DEADLINE_EXCEEDED");
  });

  test("of a verifier that is gone is a coded fault", async () => {
    const { fail } = await arrange(() => undefined);
    await played?.close();
    expect((await fail()).code).toBe("ROP_SIDECAR_UNREACHABLE");
  });
});

describe("what a sync says of itself", () => {
  test("is read from its pod", async () => {
    const { readSync, requests } = await arrange((_, response) => reply(response, 200, aSyncStatus()));
    expect(await readSync()).toEqual(aSyncStatus());
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual(["POST /v1/sync/removals?removals=hold"]);
  });

  test.each<[string, unknown, string]>([
    ["is about other stores", aSyncStatus({ source: destinationIdentity }), "other stores"],
    ["has a lag below 0", aSyncStatus({ lagSeconds: -1 }), "lagSeconds"],
    ["is no JSON", "secret-canary", "not JSON"],
    ["is larger than any", "x".repeat(65_537), "more than 65536 bytes"],
    ["has more values than any", { ...aSyncStatus(), more: Array.from({ length: 2000 }, () => 0) }, "values"],
  ])("is refused where it %s", async (_, body, words) => {
    const { readSync } = await arrange((_request, response) => reply(response, 200, body));
    const fault = await readSync().catch((error: OperatorError) => error);
    expect(fault).toMatchObject({ code: "ROP_SIDECAR_ANSWER_INVALID", message: expect.stringContaining(words) });
  });
});

describe("a pod that has to prove itself", () => {
  const refusing = { prove: () => Promise.reject(new OperatorError("ROP_SIDECAR_NOT_PROVED", "10.0.0.1:7091")) };

  test.each(["report", "sync"])("and doesn't isn't believed, whatever %s it tells", async (what) => {
    played = await playServer((_, response) => reply(response, 200, what === "report" ? aReport() : aSyncStatus()));
    const client = makeHttpReports({ deadlineMs: 30_000, clientFolder: "/not/read/without/tls", tokens: refusing });
    reports = client;
    const peer = { address: "127.0.0.1", port: Number(new URL(played.url).port), podUid: "uid-1" };
    const asked =
      what === "report" ? client.fetch(peer, 4096, stores, signal) : client.readSync(peer, "hold", stores, signal);
    await expect(asked).rejects.toMatchObject({ code: "ROP_SIDECAR_NOT_PROVED" });
  });

  test("and can't just now keeps its report, which the verifier gives away once", async () => {
    played = await playServer((_, response) => reply(response, 200, aReport()));
    reports = makeHttpReports({ deadlineMs: 30_000, clientFolder: "/not/read/without/tls", tokens: refusing });
    const peer = { address: "127.0.0.1", port: Number(new URL(played.url).port), podUid: "uid-1" };
    await expect(reports.isReady(peer, signal)).rejects.toMatchObject({ code: "ROP_SIDECAR_NOT_PROVED" });
    expect(played.requests.map(({ method }) => method)).toEqual(["HEAD"]);
  });

  test("isn't asked at all by an operator without a certificate to show", async () => {
    played = await playServer((_, response) => reply(response, 200, aSyncStatus()));
    reports = makeHttpReports({ deadlineMs: 30_000 });
    const peer = { address: "127.0.0.1", port: Number(new URL(played.url).port), podUid: "uid-1" };
    await expect(reports.isReady(peer, signal)).rejects.toMatchObject({ code: "ROP_SIDECAR_UNREACHABLE" });
    await expect(reports.readSync(peer, "allow", stores, signal)).rejects.toMatchObject({
      code: "ROP_SIDECAR_UNREACHABLE",
    });
    expect(played.requests).toEqual([]);
  });
});
