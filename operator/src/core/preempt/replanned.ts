// A plan that was edited before anything was sampled is accepted anew; whoever approved the old one is asked again.
import { planHash } from "@retriever/crds/spec/plan.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { acceptedChecks, currentSpec } from "../people/current-spec.ts";
import { judgeEdits, replannable } from "../people/edits.ts";
import { move } from "../steps/transition.ts";

export function replanned(c: Context): Outcome | undefined {
  if (!replannable.includes(c.status.phase)) return undefined;
  // What policies ask becomes part of the plan: not known is not nothing.
  if (c.observation.policies?.ok === false) return undefined;
  const spec = currentSpec(c.migration, c.observation.policies);
  if (spec === undefined) return undefined;
  const { gated } = judgeEdits(c.plan, spec);
  if (gated.length === 0) return undefined;
  const { target, destination } = c.plan;
  const plan = { ...spec, target, destination };
  const hash = planHash(plan);
  if (hash === c.status.planHash) return undefined;
  const { approvals = [], denials: _denials, waived: _waived, ...acts } = c.status.acts ?? { paused: false, seen: [] };
  const voided =
    approvals.length === 0
      ? ""
      : `; ${approvals.length === 1 ? "1 approval of the old one is" : `${approvals.length} approvals of the old one are`} void`;
  return move(c, {
    phase: c.status.phase,
    reason: "PlanChanged",
    message: `${gated.join(", ")} changed: plan ${hash} takes the place of ${c.status.planHash}${voided}`,
    // The overlay names its plan: another plan is another epoch.
    intent: { primary: "source", shadow: "none", sampleRate: 0, released: false },
    patch: { plan: JSON.stringify(plan), planHash: hash, acts, ...acceptedChecks(c.migration, c.observation.policies) },
    standing: "waiting",
  });
}
