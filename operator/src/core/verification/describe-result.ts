// A result in one sentence: how many chunks differ, in which way, and where the rest can be read.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { VerificationResult } from "@retriever/crds/status/verification-status.ts";
import { type DifferenceCounts, differenceKinds, driftOf } from "@retriever/sidecar/contract/verify-report.ts";
import { printable } from "@retriever/stores/values/printable.ts";
import { nameSome } from "../pods/pods.ts";

const shownIds = 3;

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
  return `${plural(driftOf(counts))}: ${describeCounts(counts)}${compared}${lag}${newest}${some}${kept}`;
}

/** `; e.g. a, b`: the part of the sentence that names chunks. */
export function someIds(ids: readonly string[]): string {
  return ids.length === 0 ? "" : `; e.g. ${nameSome(ids.slice(0, shownIds))}`;
}

/** A text that may quote results of this status, without the ids in them; one that was cut within them ends before. */
export function withoutIds(text: string, { verification }: MigrationStatus): string {
  const quoted = (verification?.runs ?? []).map(({ result }) => printable(someIds(result?.ids ?? [])));
  return quoted
    .filter((ids) => ids !== "")
    .reduce((rest, ids) => {
      const whole = rest.replaceAll(ids, "");
      const begun = whole.lastIndexOf("; e.g. ");
      return begun >= 0 && ids.startsWith(whole.slice(begun)) ? whole.slice(0, begun) : whole;
    }, text);
}

/** `10 missing, 2 stale`; what is zero isn't named. */
function describeCounts(counts: DifferenceCounts): string {
  return differenceKinds.flatMap((kind) => (counts[kind] === 0 ? [] : [`${counts[kind]} ${kind}`])).join(", ");
}

function plural(differing: number): string {
  return differing === 1 ? "1 chunk differs" : `${differing} chunks differ`;
}
