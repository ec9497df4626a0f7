// Harm in a fleet of more pods than there are groups: a group's sum doesn't tell three bad pods of eight from eight that are
// a little bad. So what stands by groups has to stand by what the pods tell themselves of the time since it began.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { CounterLine } from "../detection/lines.ts";
import type { PodObservation } from "../model/workload.ts";
import { mostLiars } from "../pods/fair-share.ts";
import { mostGroups } from "../pods/processes.ts";
import { countsByPod, sumShares, thirdsOf } from "../pods/thirds.ts";
import { type Span, spansOf } from "../time/evidence-spans.ts";

/** Of fewer samples a pod's share tells nothing. With so few, harm of some 12 % of all samples is held, not acted on. */
const leastTold = 4;

type Telling = {
  readonly plan: MigrationSpec;
  readonly serving: readonly PodObservation[];
  readonly epoch: number;
  /** Since when the harm stands, epoch ms. */
  readonly sinceMs: number | undefined;
  readonly now: number;
};

/**
 * Names of the third of the pods that show the most, where those between them and the third that shows the least are within
 * the limit. Undefined where they aren't, and where too few pods have counted enough to tell: then the groups decide.
 */
export function fewPodsOf(rule: CounterLine, telling: Telling): readonly string[] | undefined {
  const { plan, serving, epoch, sinceMs, now } = telling;
  const span = longestWithin(plan, (now - (sinceMs ?? now)) / 1000);
  if (serving.length <= mostGroups || span === undefined) return undefined;
  const parts = countsByPod(serving, epoch, span).map(({ name, counters }) => ({ name, ...rule.count(counters) }));
  // The third is one of all pods, so that those which lie aren't more than it where others have counted little.
  const sure = parts.filter(({ n }) => n >= leastTold).length;
  if (sure < serving.length - mostLiars(serving.length)) return undefined;
  const { worst, middle } = thirdsOf(parts);
  const left = sumShares(middle);
  if (left.bad > rule.limit * left.n) return undefined;
  return worst.filter(({ bad, n }) => bad > rule.limit * n).map(({ name }) => name);
}

/** The longest span in which there was nothing else: what was good before would speak for pods that are bad now. */
function longestWithin(plan: MigrationSpec, seconds: number): Span | undefined {
  return Object.values(spansOf(plan))
    .filter((span) => span.seconds <= seconds)
    .toSorted((a, b) => b.seconds - a.seconds)[0];
}
