// The path of a migration: every phase and stage, and which one it is in.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { element, type Markup } from "@retriever/operator/page/markup.ts";
import { percentWord } from "@retriever/operator/page/words.ts";
import type { MigrationView } from "#output/migration-view.ts";

/** From the first phase to the last one; which one it is in is a word as well as a colour. */
export function renderPath({ status, plan }: MigrationView): Markup {
  const steps = stepsOf(plan, status);
  const current = steps.findLastIndex(({ isNow }) => isNow);
  return element(
    "ol",
    { class: "path" },
    ...steps.map(({ word }, index) => {
      const state = index === current ? "now" : index < current ? "done" : "to come";
      return element(
        "li",
        { class: state.replace(" ", "-"), "aria-current": index === current ? "step" : undefined },
        word,
        element("small", {}, ` ${state}`),
      );
    }),
  );
}

type Step = { readonly word: string; readonly isNow: boolean };

function stepsOf(plan: MigrationSpec | undefined, { phase, stage }: MigrationStatus): readonly Step[] {
  const stages = (plan?.stages ?? []).map(({ sampleRate }, index): Step => {
    const name = index === 0 ? "WarmUp" : `Ramp ${index}`;
    const isHere = (phase === "WarmUp" || phase === "Ramp") && (stage?.index ?? 0) === index;
    return { word: `${name}, ${percentWord(sampleRate)}`, isNow: isHere };
  });
  const step = (word: Phase): Step => ({ word, isNow: phase === word });
  const before = (["Pending", "Preflight", "AwaitingApproval"] as const).map(step);
  if (plan?.mode === "Validate") return [...before, ...stages, step("Validated"), ...backSteps(phase, step)];
  const after = (["AwaitingCutover", "CuttingOver", "Guard"] as const).map(step);
  const back = backSteps(phase, step);
  return [...before, ...stages, ...after, ...(back.length > 0 ? back : [step("Completed")])];
}

const backPhases = ["RollingBack", "VerifyingDrift", "RolledBack"] as const;

/** Only where it goes back. */
function backSteps(phase: Phase, step: (word: Phase) => Step): readonly Step[] {
  return backPhases.some((one) => one === phase) ? backPhases.map(step) : [];
}
