// A rollback that only the overlay knows of.
import { describe, expect, it } from "vitest";
import { aContext } from "#test/builders/context.ts";
import type { Context } from "../model/context.ts";
import { adoptRollback } from "./adopt-rollback.ts";

const rollback = { reason: "HarmAlert", causes: ["too slow"], actor: null };

/** Guard at epoch 5, and an overlay that says what `intent` says. */
function overlaySays(intent: object | null | undefined): Context {
  const c = aContext("Guard");
  const { overlay } = c.observation;
  if (!overlay.ok || overlay.value === null) throw new Error("the guard has an overlay");
  const told = intent === null || intent === undefined ? intent : { ...overlay.value.intent, ...intent };
  const value = { ...overlay.value, intent: told } as typeof overlay.value;
  return { ...c, observation: { ...c.observation, overlay: { ok: true, value } } };
}

describe("an overlay whose rollback the status never heard of", () => {
  it("is taken up as it was decided, and told", () => {
    const c = overlaySays({ epoch: 6, rollback });
    const outcome = adoptRollback(c);
    const { evidence: _evidence, acks: _acks, ...kept } = c.status;
    const message = "rolling back: taken up from the overlay, which was written while the status could not be";
    const at = "2026-03-01T12:00:00.000Z";
    expect(outcome).toEqual({
      status: {
        ...kept,
        phase: "RollingBack",
        phaseStartedAt: at,
        epoch: 6,
        revision: { epoch: 6, primary: "source", shadow: "none", sampleRate: 0, released: false, at },
        gates: [],
        cutoverAt: c.status.revision?.at,
        rollback: { ...rollback, at, from: "Guard" },
        message,
      },
      standing: "working",
      reason: "RollbackAdopted",
      announcements: [{ type: "Warning", reason: "RollbackAdopted", message, severity: "page" }],
      requeueAfterMs: 500,
    });
  });

  it.each([
    ["of this epoch", { epoch: 5, rollback }],
    ["of another migration", { epoch: 6, rollback, migrationUid: "another" }],
    ["without a rollback", { epoch: 6 }],
    ["with none", { epoch: 6, rollback: null }],
    ["that can't be read", null],
    ["that isn't there", undefined],
  ])("%s is not", (_title, intent) => {
    expect(adoptRollback(overlaySays(intent))).toBeUndefined();
  });

  it("is not, where no overlay is or can be read", () => {
    const c = aContext("Guard");
    const seeing = (overlay: Context["observation"]["overlay"]) => ({
      ...c,
      observation: { ...c.observation, overlay },
    });
    expect(adoptRollback(seeing({ ok: true, value: null }))).toBeUndefined();
    expect(adoptRollback(seeing({ ok: false, why: "timed out" }))).toBeUndefined();
  });
});
