// Faults that are put into a copy, chosen by a seed, and what verify has to say of each. Pure.
import type { DifferenceKind } from "@retriever/sidecar/contract/verify-report.ts";
import { makeRandom } from "#support/random.ts";

/** lost: one by one. lost in a row: a batch that never arrived. left over: never deleted. The last three: not updated. */
export const faultKinds = [
  "lost",
  "lost in a row",
  "left over",
  "an hour old",
  "a millisecond old",
  "undated",
] as const;
type FaultKind = (typeof faultKinds)[number];
/** `index` is the chunk's number; a left-over's lies beyond the last. */
export type SeededFault = { readonly kind: FaultKind; readonly index: number };

const expected: Readonly<Record<FaultKind, DifferenceKind>> = {
  lost: "missing",
  "lost in a row": "missing",
  "left over": "extra",
  "an hour old": "stale",
  "a millisecond old": "stale",
  undated: "stale",
};

/** `count` faults among `rows` chunks, of all kinds, no chunk twice. Throws RangeError when they don't fit. */
export function chooseFaults(rows: number, count: number, seed: number): SeededFault[] {
  const perKind = Math.floor(count / faultKinds.length);
  if (rows < count * 4) throw new RangeError(`${rows} rows don't hold ${count} faults`);
  const random = makeRandom(seed);
  const rowStart = Math.floor(random() * (rows - perKind));
  const taken = new Set(Array.from({ length: perKind }, (_, step) => rowStart + step));
  const draw = (): number => {
    for (;;) {
      const index = Math.floor(random() * rows);
      if (taken.has(index)) continue;
      taken.add(index);
      return index;
    }
  };
  return Array.from({ length: count }, (_, at): SeededFault => {
    const kind = at < perKind ? "lost in a row" : (faultKinds[at % faultKinds.length] ?? "lost");
    if (at < perKind) return { kind, index: rowStart + at };
    if (kind === "left over") return { kind, index: rows + at };
    return { kind: kind === "lost in a row" ? "lost" : kind, index: draw() };
  });
}

/** The chunk's id, everywhere in these measurements. */
export function idOf(index: number): string {
  return `document-${String(index).padStart(8, "0")}`;
}

/** What a report has to list, by id. */
export function expectedOf(faults: readonly SeededFault[]): ReadonlyMap<string, DifferenceKind> {
  return new Map(faults.map(({ kind, index }) => [idOf(index), expected[kind]]));
}

type Score = { readonly found: number; readonly falsely: number };

/** How many of the expected differences are listed as what they are, and how many others are. */
export function scoreOf(
  listed: readonly { readonly id: string; readonly kind: DifferenceKind }[],
  faults: readonly SeededFault[],
): Score {
  const wanted = expectedOf(faults);
  const found = listed.filter(({ id, kind }) => wanted.get(id) === kind).length;
  return { found, falsely: listed.length - found };
}
