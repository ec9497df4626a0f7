// Tells both stores what they know together, so that their digests of one payload are the same.

import { coarserOf, isMomentPrecision } from "@retriever/stores/chunks/moment-unit.ts";
import type { FieldKind } from "@retriever/stores/ports/chunk-store.ts";
import type { Both, Descriptions, RunDeps } from "./run-deps.ts";

/** A store that can't be told leaves both with what needs no knowledge of the other. */
export function agree(stores: RunDeps["stores"], both: Descriptions): void {
  const { source, destination } = stores;
  if (source.agreeOn === undefined || destination.agreeOn === undefined) return;
  const rereads = both.source.rereadsDecimals === true || both.destination.rereadsDecimals === true;
  const agreement = { kinds: commonKinds(both).map((kind) => (rereads ? (reread[kind] ?? kind) : kind)) };
  source.agreeOn(agreement);
  destination.agreeOn(agreement);
}

/** From what tells all numbers apart to what tells the fewest. */
const numeric: readonly FieldKind[] = ["exact", "number", "float64", "float32"];

/** What kinds of numbers come to where one of both holds a decimal only nearly as it was given. */
const reread: Partial<Record<FieldKind, FieldKind>> = {
  exact: "reread",
  number: "reread number",
  float64: "reread float64",
};

/**
 * What either knows of a field beyond its exact value: nothing where one has it as text, of two kinds of numbers and of
 * moments the coarser, of others what isn't about numbers, else the source's.
 */
function commonKinds({ source, destination }: Both<{ readonly fieldKinds?: readonly FieldKind[] }>): FieldKind[] {
  const [own = [], other = []] = [source.fieldKinds, destination.fieldKinds];
  return Array.from({ length: Math.max(own.length, other.length) }, (_, index) => {
    const [kind, against] = [own[index] ?? "exact", other[index] ?? "exact"];
    if (kind === "text" || against === "text") return "text";
    if (isMomentPrecision(kind) && isMomentPrecision(against)) return coarserOf(kind, against);
    const [rank, rankOther] = [numeric.indexOf(kind), numeric.indexOf(against)];
    return rank >= 0 && (rankOther < 0 || rankOther > rank) ? against : kind;
  });
}
