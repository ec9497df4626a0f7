import { describe, expect, it } from "vitest";
import { followOverlay, servingOf } from "./follow-overlay.ts";
import { mostEpochs } from "./overlay.ts";

type File = { readonly epoch: number; readonly uid?: string; readonly released?: boolean; readonly rollback?: true };
const follow = (offered: File | null, inForce: File | null) =>
  followOverlay(offered, inForce, ({ epoch, uid = "migration-1", released = false, rollback }) => ({
    revision: { epoch, migrationUid: uid, plan: "plan" },
    released,
    ...(rollback === undefined ? {} : { rollback }),
  }));

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
