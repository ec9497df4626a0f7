import { OperatorError } from "@retriever/operator/errors.ts";
import { aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import { FakeClock } from "@retriever/operator/test/fakes/fake-clock.ts";
import { afterEach, expect, test } from "vitest";
import { LiveMigrations, type WatchHandlers } from "./live-migrations.ts";

let stop: () => Promise<void> = async () => undefined;
afterEach(() => stop());

function arrange() {
  const clock = new FakeClock();
  const probe = { fault: undefined as OperatorError | undefined, seen: [] as readonly unknown[] };
  let handlers: WatchHandlers | undefined;
  const source = {
    watch: (given: WatchHandlers) => {
      handlers = given;
      return async () => undefined;
    },
    probe: async () => {
      if (probe.fault !== undefined) throw probe.fault;
      return probe.seen;
    },
  };
  const live = new LiveMigrations(source, clock);
  live.start();
  stop = async () => {
    const stopped = live.stop();
    await clock.advance(0);
    await stopped;
  };
  if (handlers === undefined) throw new Error("nothing watches");
  return { clock, probe, live, watch: handlers };
}

const guarded = aRawMigration(aStatus({ phase: "Guard" }));

test("it connects until the first list, is live from then on, and a list forgets what isn't in it", async () => {
  const { live, watch } = arrange();
  expect(live.connection.kind).toBe("connecting");
  watch.onList([guarded]);
  expect({ kind: live.connection.kind, names: live.all().map(({ name }) => name) }).toEqual({
    kind: "live",
    names: ["docs-to-qdrant"],
  });
  watch.onList([]);
  expect(live.all()).toEqual([]);
});

test.each(["ROP_API_UNAVAILABLE", "ROP_UNAUTHENTICATED", "ROP_FORBIDDEN"] as const)(
  "a read that fails with %s while the watch stays open is a loss, keeps what was seen, and ends with the next answer",
  async (code) => {
    const { clock, probe, live, watch } = arrange();
    watch.onList([guarded]);
    await clock.advance(0);
    const heardAt = live.connection.heardAt;
    probe.fault = new OperatorError(code, "list");
    await clock.advance(5000);
    expect(live.connection).toMatchObject({ kind: "lost", heardAt, fault: { code } });
    expect(live.get("search", "docs-to-qdrant")?.view?.status.phase).toBe("Guard");
    probe.fault = undefined;
    await clock.advance(5000);
    expect(live.connection).toMatchObject({ kind: "live", heardAt: clock.now() });
  },
);

test("a watch that fails is a loss until it tells something again", () => {
  const { live, watch } = arrange();
  watch.onList([guarded]);
  watch.onFault(new OperatorError("ROP_API_UNAVAILABLE", "watch"));
  expect(live.connection.kind).toBe("lost");
  watch.onEvent("MODIFIED", guarded);
  expect(live.connection.kind).toBe("live");
});

test("a status of another version is there with its fault", () => {
  const { live, watch } = arrange();
  watch.onList([{ ...guarded, status: { phase: "Levitating" } }]);
  expect(live.all()[0]).toMatchObject({ view: undefined, fault: expect.stringContaining("cannot be read") });
});

/** Of the version, in the phase. */
function at(resourceVersion: string, phase: "Guard" | "RollingBack" = "Guard") {
  const raw = aRawMigration(aStatus({ phase }));
  return { ...raw, metadata: { ...(raw["metadata"] as object), resourceVersion } };
}

test("a list that began before an event takes nothing of it back: neither a newer state, nor a deletion, nor a new one", () => {
  const { live, watch } = arrange();
  const phase = () => live.get("search", "docs-to-qdrant")?.view?.status.phase;
  watch.onList([at("9")]);
  const began = watch.mark();
  watch.onEvent("MODIFIED", at("10", "RollingBack"));
  watch.onList([at("9")], began);
  expect(phase()).toBe("RollingBack");
  watch.onList([], began);
  expect(phase()).toBe("RollingBack");
  watch.onEvent("DELETED", at("11"));
  watch.onList([at("9")], began);
  expect(phase()).toBeUndefined();
});

test("a list with what is newer than the events is taken, and an event that lags behind it is not", () => {
  const { live, watch } = arrange();
  const began = watch.mark();
  watch.onEvent("DELETED", at("8"));
  watch.onList([at("12", "RollingBack")], began);
  watch.onEvent("MODIFIED", at("9"));
  watch.onEvent("DELETED", at("11"));
  expect(live.get("search", "docs-to-qdrant")?.view?.status.phase).toBe("RollingBack");
});

test("versions of which the order isn't known are taken as they come", () => {
  const { live, watch } = arrange();
  watch.onList([at("b")]);
  watch.onEvent("MODIFIED", at("a", "RollingBack"));
  expect(live.get("search", "docs-to-qdrant")?.view?.status.phase).toBe("RollingBack");
  watch.onList([at("0")]);
  expect(live.get("search", "docs-to-qdrant")?.view?.status.phase).toBe("Guard");
});

test("a watch that stays open and tells nothing of a change is a loss after two probes, until it tells", async () => {
  const { clock, probe, live, watch } = arrange();
  watch.onList([at("9")]);
  probe.seen = [at("10")];
  await clock.advance(5000);
  expect(live.connection.kind).toBe("live");
  await clock.advance(5000);
  expect(live.connection).toMatchObject({ kind: "lost", fault: { code: "ROP_API_UNAVAILABLE" } });
  watch.onEvent("MODIFIED", at("10"));
  await clock.advance(5000);
  expect(live.connection.kind).toBe("live");
});
