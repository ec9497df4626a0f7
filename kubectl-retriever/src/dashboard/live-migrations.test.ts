import { OperatorError } from "@retriever/operator/errors.ts";
import { aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import { FakeClock } from "@retriever/operator/test/fakes/fake-clock.ts";
import { afterEach, expect, test } from "vitest";
import { LiveMigrations, type WatchHandlers } from "./live-migrations.ts";

let stop: () => Promise<void> = async () => undefined;
afterEach(() => stop());

function arrange() {
  const clock = new FakeClock();
  const probe = { fault: undefined as OperatorError | undefined };
  let handlers: WatchHandlers | undefined;
  const source = {
    watch: (given: WatchHandlers) => {
      handlers = given;
      return async () => undefined;
    },
    probe: async () => {
      if (probe.fault !== undefined) throw probe.fault;
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
