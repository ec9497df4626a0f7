// The path of a migration: every phase and stage, and which one it is in.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { type MigrationStatus, type Phase, phases } from "@retriever/crds/status/migration-status.ts";
import { element, type Markup } from "@retriever/operator/page/markup.ts";
import { percentWord } from "@retriever/operator/page/words.ts";
import type { MigrationView } from "#output/migration-view.ts";

/** From the first phase to the last one; which one it is in is a word as well as a colour. */
export function renderPath({ status, plan }: MigrationView): Markup {
  const steps = stepsOf(plan, status);
  const current = steps.findLastIndex((step) => isNow(step, status));
  return element(
    "ol",
    { class: "path" },
    ...steps.map((step, index) => {
      const state = index === current ? "now" : index < current ? wordOfPast(step, status) : "to come";
      return element(
        "li",
        { class: state.replace(" ", "-"), "aria-current": index === current ? "step" : undefined },
        step.word,
        element("small", {}, ` ${state}`),
      );
    }),
  );
}

/** `stage`: which one of the ramp's. */
type Step = { readonly word: string; readonly phase: Phase; readonly stage?: number };

function isNow(step: Step, { phase, stage }: MigrationStatus): boolean {
  return step.phase === phase && (step.stage ?? 0) === (isRamp(phase) ? (stage?.index ?? 0) : 0);
}

const isRamp = (phase: Phase): boolean => phase === "WarmUp" || phase === "Ramp";

/** As many steps as a status remembers. */
const mostRemembered = 20;

/** A migration that goes back, or had nothing to do, left out what lies between: that isn't said to be done. */
function wordOfPast(step: Step, status: MigrationStatus): "done" | "broken off" | "not done" {
  const { rollback, stage, phase } = status;
  const last = stage?.index ?? 0;
  const own = step.stage ?? last;
  if (isBackPhase(phase) && rollback?.from === step.phase && own === last) return "broken off";
  return own <= last && wasTaken(step.phase, status) ? "done" : "not done";
}

function wasTaken(one: Phase, { history, rollback, phase }: MigrationStatus): boolean {
  if (one === "Pending" || history.some((entry) => entry.phase === one)) return true;
  if (history.length < mostRemembered || isBackPhase(one)) return false;
  const until = isBackPhase(phase) ? (rollback?.from ?? "Pending") : phase;
  return phases.indexOf(one) < phases.indexOf(until);
}

function stepsOf(plan: MigrationSpec | undefined, { phase }: MigrationStatus): readonly Step[] {
  const stages = (plan?.stages ?? []).map(({ sampleRate }, index): Step => {
    const [name, of] = index === 0 ? (["WarmUp", "WarmUp"] as const) : ([`Ramp ${index}`, "Ramp"] as const);
    return { word: `${name}, ${percentWord(sampleRate)}`, phase: of, stage: index };
  });
  const step = (one: Phase): Step => ({ word: one, phase: one });
  const before = (["Pending", "Preflight", "AwaitingApproval"] as const).map(step);
  const back = isBackPhase(phase) ? backPhases.map(step) : [];
  if (plan?.mode === "Validate") return [...before, ...stages, step("Validated"), ...back];
  const after = (["AwaitingCutover", "CuttingOver", "Guard"] as const).map(step);
  return [...before, ...stages, ...after, ...(back.length > 0 ? back : [step("Completed")])];
}

const backPhases = ["RollingBack", "VerifyingDrift", "RolledBack"] as const;

function isBackPhase(phase: Phase): boolean {
  return backPhases.some((one) => one === phase);
}
