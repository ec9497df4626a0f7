import { describe, expect, test } from "vitest";
import { OperatorError } from "#errors.ts";
import { FakeClock, settle } from "#test/fakes/fake-clock.ts";
import { watchPolicies } from "./policy-watch.ts";

const [pods, freeze] = ["shop-pods", "shop-freeze-target"];

function arrange(names: readonly string[] = [pods, freeze]) {
  const clock = new FakeClock();
  const state = new Map<string, boolean | OperatorError>(names.map((name) => [name, true]));
  const said: string[] = [];
  const shown: Record<string, number> = {};
  let reads = 0;
  const stop = new AbortController();
  const note = (level: string) => (fields: unknown, words?: string) => {
    said.push(`${level} ${(fields as { policy: string }).policy}: ${words}`);
  };
  const watching = watchPolicies(
    {
      policies: {
        isInForce: async (name) => {
          reads += 1;
          const is = state.get(name);
          if (is instanceof OperatorError) throw is;
          return is === true;
        },
      },
      names,
      clock,
      log: { warn: note("warn"), info: note("info") },
      metrics: { set: (_, value, { policy = "" } = {}) => void Object.assign(shown, { [policy]: value }) },
      deadlineMs: 1000,
    },
    stop.signal,
  );
  const later = async () => {
    await clock.advance(300_000);
    await settle();
  };
  return { state, said, shown, later, stop, watching, reads: () => reads };
}

describe("the watch over admission policies", () => {
  test("that are all in force says nothing and shows each", async () => {
    const { said, shown } = arrange();
    await settle();
    expect(shown).toEqual({ [pods]: 1, [freeze]: 1 });
    expect(said).toEqual([]);
  });

  test("says once that one is gone, and once that it is back", async () => {
    const { state, said, shown, later } = arrange();
    await settle();
    state.set(freeze, false);
    await later();
    await later();
    expect(shown).toEqual({ [pods]: 1, [freeze]: 0 });
    state.set(freeze, true);
    await later();
    expect(shown).toEqual({ [pods]: 1, [freeze]: 1 });
    expect(said).toEqual([
      `warn ${freeze}: admission policy isn't in force`,
      `info ${freeze}: admission policy is in force again`,
    ]);
  });

  test("keeps what was shown of one that can't be read", async () => {
    const { state, said, shown, later } = arrange();
    await settle();
    state.set(pods, new OperatorError("ROP_FORBIDDEN", "get validatingadmissionpolicies"));
    await later();
    expect(shown).toEqual({ [pods]: 1, [freeze]: 1 });
    expect(said).toEqual([`warn ${pods}: admission policy can't be read`]);
  });

  test("of no names asks nothing and ends", async () => {
    const { watching, reads } = arrange([]);
    await watching;
    expect(reads()).toBe(0);
  });

  test("ends with its signal", async () => {
    const { watching, stop } = arrange();
    await settle();
    stop.abort();
    await expect(watching).resolves.toBeUndefined();
  });
});
