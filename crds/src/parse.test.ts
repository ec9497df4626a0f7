import { describe, expect, it } from "vitest";
import { parseMigrationActSpec, parseMigrationSpec } from "./parse.ts";

const target = { name: "search-api" };
const destination = { kind: "qdrant", url: "https://qdrant.search.svc:6333", collection: "chunks" };

function faultsOf(input: unknown): Record<string, string> {
  const parsed = parseMigrationSpec(input);
  return parsed.ok ? {} : Object.fromEntries(parsed.faults.map(({ path, message }) => [path, message]));
}

describe("parseMigrationSpec", () => {
  it("fills in the runbook's values when two fields are given", () => {
    const parsed = parseMigrationSpec({ target, destination });
    expect(parsed).toMatchObject({
      ok: true,
      spec: {
        target: { kind: "Deployment" },
        destination: { timeoutMs: 5000 },
        stages: [{ sampleRate: 0.02, minDuration: "2h" }, { sampleRate: 0.05 }, { sampleRate: 0.1 }],
        thresholds: { scoreDelta: { limit: 0.2 }, latencyDelta: { limitMs: 80 } },
        guard: { duration: "24h", deadline: "72h" },
        cutover: { hold: true },
      },
    });
  });

  it.each([
    "http://app:hunter2@qdrant:6333",
    "http://qdrant:6333/?api-key=hunter2",
    "http://qdrant:6333/#hunter2",
    "app:hunter2@qdrant",
    "qdrant:'hunter2'",
  ])("shows nothing of an address that may hold a login: %s", (url) => {
    const documents = [
      { target, destination: { ...destination, url } },
      { target, destination: { kind: "pgvector", host: url, database: "d" } },
      { target, destination: url },
      { target, destination, url },
      { target, destination: { ...destination, tls: { url } } },
    ];
    for (const document of documents) {
      expect(parseMigrationSpec(document).ok).toBe(false);
      expect(JSON.stringify(parseMigrationSpec(document))).not.toContain("hunter2");
    }
  });

  it("names every fault at once: field, what came, what was expected", () => {
    const faults = faultsOf({
      target: { name: "Search_API", zone: 1 },
      destination: { kind: "qdrant", url: "ftp://x", apiKey: { fromEnv: "HOME" } },
      stages: [{ sampleRate: 0.5 }, { sampleRate: 0.1 }],
      gates: { window: "1h" },
      guard: { duration: "1d", minSamples: 1.5, sampling: { minRate: 2 } },
      cutover: { hold: "yes" },
      mode: "Test",
    });
    expect(faults).toEqual({
      "spec.target.name": 'received string "Search_API", expected the name of an object: a-z, 0-9, - and .',
      "spec.target.zone": "received number 1, expected no such field",
      "spec.destination.url": 'received string "ftp://x", expected http(s)://host[:port] without path, user or query',
      "spec.destination.collection": "received nothing, expected a string",
      "spec.destination.apiKey.fromEnv": 'received string "HOME", expected a variable named RETRIEVER_CRED_*',
      "spec.stages": "received array [0.5,0.1], expected sample rates that rise strictly from stage to stage",
      "spec.gates": expect.stringContaining('received string "1h", expected a window from 1s to 15m'),
      "spec.guard.duration": expect.stringContaining('received string "1d", expected a duration such as'),
      "spec.guard.minSamples": "received number 1.5, expected an integer",
      "spec.cutover.hold": 'received string "yes", expected a boolean',
      "spec.guard.sampling.minRate": "received number 2, expected at most 1",
      "spec.mode": 'received string "Test", expected one of "Migrate", "Validate"',
    });
  });

  it.each([
    [null, "spec", "received null, expected an object"],
    [[], "spec", "received array [], expected an object"],
    [{ destination }, "spec.target", "received nothing, expected an object"],
    [
      { target, destination: { ...destination, kind: "redis" } },
      "spec.destination.kind",
      'received string "redis", expected one of "pgvector", "qdrant"',
    ],
    [
      { target, destination: { ...destination, apiKey: "s" } },
      "spec.destination.apiKey",
      "received string (not shown), expected an object",
    ],
    [
      { target, destination: { ...destination, apiKey: {} } },
      "spec.destination.apiKey",
      "received object {}, expected exactly one of fromEnv, fromFile",
    ],
    [
      { target, destination: { ...destination, apiKey: { fromenv: "RETRIEVER_CRED_A" } } },
      "spec.destination.apiKey.fromenv",
      'received string "RETRIEVER_CRED_A", expected no such field',
    ],
    [
      { target, destination: { ...destination, apiKey: { secretKeyRef: { name: "a", key: "b" } } } },
      "spec.destination.apiKey",
      'received object {"secretKeyRef":{"name":"(not shown)","key":"(not shown)"}}, expected exactly one of fromEnv, fromFile',
    ],
    [
      { target, destination: { ...destination, apiKey: { fromEnv: "RETRIEVER_CRED_A", valeu: "s3cret" } } },
      "spec.destination.apiKey.valeu",
      "received string (not shown), expected no such field",
    ],
    [{ target, destination, stages: [] }, "spec.stages", "received array [], expected at least 1 item"],
  ])("refuses %j", (input, path, message) => {
    expect(faultsOf(input)).toMatchObject({ [path]: message });
  });

  it.each([
    [{ cutover: { shadowSampleRate: 0.1 } }, /^received number 0\.1, expected the rate in guard\.sampling\.minRate/],
    [
      { thresholds: { shadowErrors: { afterCutover: "Rollback" } } },
      /^received string "Rollback", expected nothing: after the cutover the shadow is the old store/,
    ],
  ])("says of a field that is no more what takes its place: %j", (retired, said) => {
    const faults = Object.values(faultsOf({ target, destination, ...retired }));
    expect(faults).toEqual([expect.stringMatching(said)]);
    expect(faults[0]).toMatch(/where the manifest doesn't say it, an older CustomResourceDefinition does: install/);
  });

  it("cuts a long value short in its message", () => {
    const faults = faultsOf({ target: { name: "x".repeat(5000) }, destination });
    expect(faults["spec.target.name"]?.length).toBeLessThan(200);
  });
});

describe("parseMigrationActSpec", () => {
  const act = { migration: { name: "docs", uid: "u-1" }, act: "Promote", actor: "user-a" };

  it("accepts an act with its author", () => {
    expect(parseMigrationActSpec(act)).toMatchObject({ ok: true, spec: { act: "Promote", reason: "" } });
  });

  it.each([
    [{ ...act, act: "Waive", reason: "by hand" }, "spec.check"],
    [{ ...act, act: "Waive", check: "alerts" }, "spec.reason"],
    [{ ...act, act: "CompleteGuard" }, "spec.reason"],
    [{ ...act, act: "Approve", role: "sre" }, "spec.planHash"],
    [{ ...act, act: "Approve", planHash: "0123456789abcdef" }, "spec.role"],
    [{ ...act, act: "Jump" }, "spec.act"],
    [{ ...act, actor: undefined }, "spec.actor"],
    [{ ...act, expires: "tomorrow" }, "spec.expires"],
  ])("refuses %j", (input, path) => {
    expect(parseMigrationActSpec(input)).toMatchObject({ ok: false, faults: [{ path }] });
  });
});
