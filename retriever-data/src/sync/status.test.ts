import { syncStatusSchema } from "@retriever/sidecar/contract/sync-status.ts";
import { expect, test } from "vitest";
import { SeenVersions } from "#core/seen-versions.ts";
import { beginFollowing, keepWaiting } from "./follow.ts";
import { parseSyncOptions } from "./options.ts";
import { serveStatus } from "./serve-status.ts";
import { beginRemovals, giveLeave, hasLeave, type SyncState, statusOf } from "./status.ts";

function begin(): SyncState {
  const identity = { kind: "memory", label: "memory://a", digest: "0".repeat(32) };
  return {
    version: "1",
    identities: { source: identity, destination: identity },
    startedAt: "2026-03-01T00:00:00.000Z",
    follow: beginFollowing(1000),
    isFilled: false,
    filled: { written: 0, replaced: 0 },
    checked: { missed: 0, removedAsSeen: 0, removed: 0 },
    verified: null,
    seen: new SeenVersions([0.5, 0.5]),
    removals: beginRemovals({ deletesExtra: true, needsLeave: true }),
    faults: { follow: null, check: null },
  };
}

test("the lag isn't known before the source was read through and a pass has ended, and then grows until the next", () => {
  const state = begin();
  expect(statusOf(state, 5000)).toMatchObject({ state: "starting", lagSeconds: null, verified: null });
  state.follow.passes = 1;
  expect(statusOf(state, 5000).lagSeconds).toBeNull();
  state.isFilled = true;
  expect(statusOf(state, 5000)).toMatchObject({ state: "following", lagSeconds: 4 });
  expect(statusOf(state, 65_000).lagSeconds).toBe(64);
});

test("what the source hadn't shown when a pass began belongs to the lag", () => {
  const state = { ...begin(), isFilled: true };
  Object.assign(state.follow, { passes: 1, behindMs: 600_000 });
  expect(statusOf(state, 5000).lagSeconds).toBe(604);
});

test("what is listed is bounded and counted, and what stores say is cut to what the schema takes", () => {
  const state = begin();
  for (let index = 0; index < 10_100; index += 1)
    keepWaiting(state.follow, `${index}`.padStart(3000, "x"), "y".repeat(900));
  keepWaiting(state.follow, "somebody else's", null);
  state.faults.check = { code: "RETR_BACKEND_UNAVAILABLE", message: "z".repeat(3000) };
  const status = statusOf(state, 0);
  expect(syncStatusSchema.parse(status)).toEqual(status);
  expect(status.refused.count).toBe(10_000);
  expect(JSON.stringify(status).length).toBeLessThan(65_536);
  expect(status.refused.chunks).toHaveLength(18);
  expect(status.backlog).toBe(0);
  expect(status.lagSeconds).toBeNull();
});

test("what is served follows the state: JSON, readiness, and a lag that isn't known as no number", async () => {
  const state = begin();
  const listener = await serveStatus(
    { host: "127.0.0.1", port: 0 },
    { tls: null, onFault: () => {} },
    { status: () => statusOf(state, 3000), onLeave: (isGiven) => giveLeave(state.removals, isGiven, 3000) },
  );
  const get = async (path: string, method = "GET") => {
    const response = await fetch(`http://127.0.0.1:${listener.address.port}${path}`, { method });
    return { code: response.status, text: await response.text() };
  };
  try {
    expect((await get("/readyz")).code).toBe(503);
    expect((await get("/metrics")).text).toContain("retriever_sync_lag_seconds Nan");
    state.isFilled = true;
    state.follow.passes = 3;
    keepWaiting(state.follow, "a", "too long");
    expect(JSON.parse((await get("/v1/sync?x")).text)).toEqual(statusOf(state, 3000));
    const { text } = await get("/metrics");
    for (const line of ["lag_seconds 2", "refused_chunks 1", "passes_total 3", "failing 0", "verified_age_seconds Nan"])
      expect(text).toContain(`retriever_sync_${line}\n`);
    expect([(await get("/readyz")).code, (await get("/healthz")).code, (await get("/v1/report")).code]).toEqual([
      200, 200, 404,
    ]);
    expect((await get("/v1/sync", "POST")).code).toBe(405);
    const removals = async (word: string, method = "POST") => {
      const { code, text } = await get(`/v1/sync/removals${word}`, method);
      return code === 200 ? (JSON.parse(text) as { removals: string }).removals : code;
    };
    expect([
      await removals("?removals=allow"),
      await removals("?removals=hold"),
      await removals(""),
      await removals("?removals=allow", "GET"),
    ]).toEqual(["allowed", "held", 405, 404]);
  } finally {
    await listener.close(0);
  }
});

test("a leave to remove counts for a minute, and what was begun by one is told until it has ended", () => {
  const state = begin();
  const at = (ms: number) => [statusOf(state, ms).removals, hasLeave(state.removals, ms)];
  expect(at(0)).toEqual(["held", false]);
  giveLeave(state.removals, true, 1000);
  expect([at(60_999), at(61_000)]).toEqual([
    ["allowed", true],
    ["held", false],
  ]);
  state.removals.isRemoving = true;
  giveLeave(state.removals, false, 2000);
  expect(at(2000)).toEqual(["allowed", false]);
  state.removals.isRemoving = false;
  expect(at(2000)).toEqual(["held", false]);
});

test("without a leave to ask for, a sync says that it needs none, or removes nothing", () => {
  const word = (deletesExtra: boolean, needsLeave: boolean) => {
    const removals = beginRemovals({ deletesExtra, needsLeave });
    return [statusOf({ ...begin(), removals }, 0).removals, hasLeave(removals, 0)];
  };
  expect([word(true, false), word(false, false), word(false, true)]).toEqual([
    ["free", true],
    ["never", false],
    ["never", false],
  ]);
});

test("options have the defaults that are documented, and every fault of their own is listed", () => {
  expect(parseSyncOptions({}, { RETRIEVER_VERIFY_SINCE: "2026-01-01" })).toMatchObject({
    intervalMs: 5000,
    verifyEveryMs: 3_600_000,
    listen: null,
    isOnce: false,
    deletesExtra: false,
    needsLeave: false,
    verify: { scope: { level: "vector", since: null, lagSeconds: 5 }, rowsPerSecond: 50_000 },
  });
  expect(() => parseSyncOptions({ interval: "x", verifyEvery: "0", listen: "here" }, {})).toThrow(
    "sync: --interval: expected seconds, 0.1 to 3600; --verify-every: expected seconds, 1 to 604800; --listen: expected host:port",
  );
});
