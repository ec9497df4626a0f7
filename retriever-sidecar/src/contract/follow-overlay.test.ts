import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { followOverlay, type ReadingProcess, servingOf } from "./follow-overlay.ts";
import { mostEpochs, type StoreName } from "./overlay.ts";

type File = {
  readonly epoch: number;
  readonly uid?: string;
  readonly released?: boolean;
  readonly primary?: StoreName;
  readonly deadlineMs?: number;
  readonly rollback?: true;
};
const follow = (offered: File | null, inForce: File | null, process: Partial<ReadingProcess> = {}) =>
  followOverlay(
    offered,
    inForce,
    ({ epoch, uid = "migration-1", released = false, primary = "source", deadlineMs, rollback }) => ({
      revision: { epoch, migrationUid: uid, plan: "plan" },
      released,
      primary,
      ...(rollback === undefined ? {} : { rollback }),
      ...(deadlineMs === undefined ? {} : { activationDeadline: new Date(deadlineMs).toISOString() }),
    }),
    { startedAtMs: 0, nowMs: 0, fenced: null, ...process },
  );

describe("the overlay that a sidecar follows", () => {
  const second = { epoch: 2 };

  it("is the one that is offered, the same epoch again included", () => {
    for (const inForce of [null, { epoch: 1 }, { epoch: 2 }])
      expect(follow(second, inForce)).toEqual({ kind: "in-force", file: second });
  });

  it("is not an older one of the same migration, and is one of another migration", () => {
    expect(follow({ epoch: 1 }, second)).toEqual({ kind: "keep" });
    const other = { epoch: 1, uid: "migration-2" };
    expect(follow(other, second)).toEqual({ kind: "in-force", file: other });
  });

  it("is a rollback whatever epoch is in force, even the last there is, and stays it against older ones", () => {
    const back = { epoch: 2, rollback: true } as const;
    for (const inForce of [{ epoch: 3 }, { epoch: mostEpochs }, { epoch: mostEpochs, rollback: true } as const])
      expect(follow(back, inForce)).toEqual({ kind: "in-force", file: back });
    expect(follow({ epoch: 1 }, back)).toEqual({ kind: "keep" });
  });

  it("stays in force when its file is gone, until it was released", () => {
    expect(follow(null, second)).toEqual({ kind: "vanished", file: second });
    expect(follow(null, { epoch: 2, released: true })).toEqual({ kind: "base" });
    expect(follow(null, null)).toEqual({ kind: "base" });
  });
});

describe("the deadline of a cutover", () => {
  const cutover = { epoch: 2, primary: "destination", deadlineMs: 60_000 } as const;
  const late = { startedAtMs: 0, nowMs: 60_001 };

  it("holds back whoever reads it afterwards, on an overlay or on the base, and nobody before", () => {
    for (const inForce of [null, { epoch: 1 }]) {
      expect(follow(cutover, inForce, { nowMs: 60_000 })).toEqual({ kind: "in-force", file: cutover });
      expect(follow(cutover, inForce, late)).toEqual({ kind: "fenced", epoch: 2 });
    }
  });

  it("stays passed when the pod's clock steps back", () => {
    expect(follow(cutover, { epoch: 1 }, { nowMs: 30_000, fenced: 2 })).toEqual({ kind: "fenced", epoch: 2 });
    expect(follow(cutover, { epoch: 1 }, { nowMs: 30_000, fenced: 1 }).kind).toBe("in-force");
  });

  it("doesn't bind a process that began after it, nor one that serves the destination already", () => {
    expect(follow(cutover, null, { startedAtMs: 60_001, nowMs: 90_000 }).kind).toBe("in-force");
    expect(follow(cutover, { epoch: 1, primary: "destination" }, late).kind).toBe("in-force");
    expect(follow(cutover, cutover, late).kind).toBe("in-force");
  });

  it("binds where another migration's destination is served: that one is this one's source", () => {
    expect(follow(cutover, { epoch: 1, uid: "migration-0", primary: "destination" }, late).kind).toBe("fenced");
  });

  it("never holds a rollback, a release or an older operator's cutover", () => {
    const time = fc.integer({ min: 0, max: 1_000_000 });
    fc.assert(
      fc.property(time, time, time, fc.option(fc.constantFrom(1, 2)), (startedAtMs, nowMs, deadlineMs, fenced) => {
        const process = { startedAtMs, nowMs, fenced };
        const { deadlineMs: _none, ...unbound } = cutover;
        for (const offered of [
          { epoch: 2, deadlineMs },
          { ...cutover, deadlineMs, released: true },
          unbound,
        ] satisfies File[])
          expect(follow(offered, { epoch: 1 }, process)).toEqual({ kind: "in-force", file: offered });
      }),
    );
  });

  it("is judged anew with every epoch", () => {
    const next = { ...cutover, epoch: 3, deadlineMs: 120_000 };
    expect(follow(next, { epoch: 1 }, { nowMs: 100_000, fenced: 2 })).toEqual({ kind: "in-force", file: next });
  });
});

describe("what a sidecar serves under an overlay", () => {
  const shadowing = { primary: "source", shadow: "destination", sampleRate: 0.1 } as const;
  const cutOver = { primary: "destination", shadow: "source", sampleRate: 0.1 } as const;

  it("is what the overlay says while the source has an adapter", () => {
    expect([servingOf(shadowing, true), servingOf(cutOver, true)]).toEqual([shadowing, cutOver]);
  });

  it("is the base where the source should be primary and has none, and no shadow otherwise", () => {
    expect(servingOf(shadowing, false)).toBeNull();
    expect(servingOf(cutOver, false)).toEqual({ primary: "destination", shadow: "none", sampleRate: 0 });
  });
});
