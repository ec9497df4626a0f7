import { describe, expect, test } from "vitest";
import { OperatorError } from "#errors.ts";
import type { KubeCall } from "#kube/kube-request.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { FakeCluster } from "#test/fakes/fake-cluster.ts";
import { makeAnnouncer } from "./announce.ts";

const meta = new FakeCluster().create({ namespace: "search", name: "docs" }, {});
const announcement = { type: "Warning", reason: "RollingBack", message: "slow", severity: "page" } as const;
const { signal } = new AbortController();

function arrange() {
  const calls: KubeCall[] = [];
  const clock = new FakeClock();
  const gone = { value: false };
  const announce = makeAnnouncer({
    clock,
    instance: "op-1",
    request: async (call) => {
      calls.push(call);
      if (call.method === "PATCH" && gone.value) throw new OperatorError("ROP_NOT_FOUND", "event");
      return {};
    },
  });
  return { announce, calls, clock, gone };
}

describe("an announcement", () => {
  test("becomes an event on the migration, marked when a person must act", async () => {
    const { announce, calls } = arrange();
    await announce(meta, announcement, signal);
    expect(calls[0]?.body).toMatchObject({
      metadata: { namespace: "search", annotations: { "retriever.dev/severity": "page" } },
      involvedObject: { kind: "RetrieverMigration", name: "docs", uid: meta.uid },
      type: "Warning",
      reason: "RollingBack",
      message: "slow",
      firstTimestamp: "2026-01-01T00:00:00Z",
      count: 1,
    });
  });

  test("made again within the window raises the count of the same event", async () => {
    const { announce, calls, clock } = arrange();
    for (let time = 0; time < 3; time += 1) {
      await announce(meta, announcement, signal);
      await clock.advance(60_000);
    }
    expect(calls.map(({ method }) => method)).toEqual(["POST", "PATCH", "PATCH"]);
    expect(calls[2]?.body).toMatchObject({ count: 3, lastTimestamp: "2026-01-01T00:02:00Z" });
  });

  test("with another message, after the window, or when the event is gone is a new event", async () => {
    const { announce, calls, clock, gone } = arrange();
    await announce(meta, announcement, signal);
    await announce(meta, { ...announcement, message: "slower" }, signal);
    await clock.advance(31 * 60_000);
    await announce(meta, announcement, signal);
    gone.value = true;
    await announce(meta, announcement, signal);
    expect(calls.map(({ method }) => method)).toEqual(["POST", "POST", "POST", "PATCH", "POST"]);
  });
});
