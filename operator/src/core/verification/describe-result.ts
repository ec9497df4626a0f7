// A result in one sentence: how many chunks differ, in which way, and where the rest can be read.
import type { VerificationResult, VerificationRun } from "@retriever/crds/status/verification-status.ts";
import { type DifferenceCounts, differenceKinds, driftOf } from "@retriever/sidecar/contract/verify-report.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import { printable } from "@retriever/stores/values/printable.ts";
import { nameSome } from "../pods/pods.ts";

const shownIds = 3;
const beforeIds = "; e.g. ";

/** `12 chunks differ: 10 missing, 2 stale; newest 2026-…; e.g. a, b; report in ConfigMap docs-drift`. */
export function describeResult({ counts, read, newestDifferenceAt, ids = [], report }: VerificationResult): string {
  if (counts === undefined) return "nothing was compared";
  const compared =
    read === undefined ? "" : ` (${read.source} read at the source, ${read.destination} at the destination)`;
  const lag = counts.lagging === 0 ? "" : `; ${counts.lagging} more are explained by the lag`;
  if (driftOf(counts) === 0) return `no chunk differs${compared}${lag}`;
  const newest = newestDifferenceAt === undefined ? "" : `; the newest of ${newestDifferenceAt}`;
  const some = someIds(ids);
  const kept = report === undefined ? "" : `; report in ConfigMap ${report}`;
  return `${differ(driftOf(counts))}: ${describeCounts(counts)}${compared}${lag}${newest}${some}${kept}`;
}

/** `; e.g. a, b`: the part of the sentence that names chunks. */
function someIds(ids: readonly string[]): string {
  return ids.length === 0 ? "" : `${beforeIds}${nameSome(ids.slice(0, shownIds))}`;
}

/** A text that may quote these results, without the ids in them; one that was cut within them ends before. */
export function withoutIds(text: string, runs: readonly Pick<VerificationRun, "result">[] = []): string {
  return runs
    .map(({ result }) => someIds(result?.ids ?? []))
    .flatMap((ids) => [ids, printable(ids)])
    .filter((ids) => ids !== "")
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, ids) => withoutBeginning(rest.replaceAll(ids, ""), ids), text);
}

/** Without what the text ends in, where that is how `ids` begin. */
function withoutBeginning(text: string, ids: string): string {
  for (let at = text.indexOf(beforeIds); at >= 0; at = text.indexOf(beforeIds, at + 1))
    if (ids.startsWith(text.slice(at).replace(/\u2026$/, ""))) return text.slice(0, at);
  return text;
}

/** `10 missing, 2 stale`; what is zero isn't named. */
function describeCounts(counts: DifferenceCounts): string {
  return differenceKinds.flatMap((kind) => (counts[kind] === 0 ? [] : [`${counts[kind]} ${kind}`])).join(", ");
}

function differ(differing: number): string {
  return `${differing} ${plural(differing, "chunk differs", "chunks differ")}`;
}
