// Whether harm is the fleet's, or that of a few pods: what stands has to stand without the third that shows the most of it
// (and without the third that shows the least), so that no single pod moves all, and none hides what the others suffer.
import type { HarmLine } from "@retriever/crds/status/harm-status.ts";
import { logMeanExp } from "../gates/e-value.ts";
import { leastFellows } from "../pods/fair-share.ts";
import { sumShares, thirdsOf } from "../pods/thirds.ts";
import type { Count } from "./detector.ts";
import type { LineCount, LineRule } from "./lines.ts";

type Groups = NonNullable<HarmLine["groups"]>;
/** Bad ones, all, sum of squares, and the source's bad ones and all; what speaks against either in this part. */
type Counted = Groups[number];

/** 1 in 100: how often what is left of a healthy fleet may seem to be harmed as well. */
const leftAlpha = Math.log(100);

/** The counts of each group with one more bin. */
export function addGroups(
  before: Groups | undefined,
  counts: ReadonlyMap<number, LineCount>,
  sides?: LineRule["contrast"]["sides"],
): Groups {
  const length = Math.max(before?.length ?? 0, ...[...counts.keys()].map((group) => group + 1), 0);
  return Array.from({ length }, (_, group) => {
    const known = before?.[group] ?? [];
    const count = counts.get(group);
    if (count === undefined) return known;
    const { bad, n, squares = 0, reference } = count;
    return [bad, n, squares, reference?.bad ?? 0, reference?.n ?? 0, ...(sides?.(count) ?? [])].map((more, place) =>
      Number(((known[place] ?? 0) + more).toPrecision(9)),
    );
  });
}

/**
 * Whether the source was as bad in this part: no more groups say that the destination was worse than say the opposite. Each
 * has one voice, whatever it claims, and only where chance would seldom say it: beyond one standard deviation.
 */
export function isShared(groups: Groups): boolean {
  const told = groups.map((counted) => {
    const [own = 0, source = 0] = counted.slice(sidesPlace);
    return [Math.max(0, own), Math.max(0, source)] as const;
  });
  const voices = told.map(([own, source]) => ((own - source) ** 2 >= own + source ? Math.sign(own - source) : 0));
  return told.some(([own, source]) => own + source > 0) && voices.reduce<number>((sum, voice) => sum + voice, 0) <= 0;
}

/** The groups at the beginning of another part. */
export function endPart(groups: Groups): Groups {
  return groups.map((counted) => counted.slice(0, sidesPlace));
}

const sidesPlace = 5;

type FleetVerdict = {
  /**
   * fleet: stands without them, and what the source did at the same time says nothing else. few: nothing is left of it.
   * waiting: not sure yet. unproved, unseen: as of the contrast.
   */
  readonly verdict: "fleet" | "few" | "waiting" | "unproved" | "unseen";
  /** Groups that show the most of it. */
  readonly odd: readonly number[];
};

/** Judges what the groups counted; `populated`: groups with a process. Undefined where there are fewer than three. */
export function judgeFleet(groups: Groups | undefined, rule: LineRule, populated: number): FleetVerdict | undefined {
  if (groups === undefined) return undefined;
  const fellows = Math.max(populated, groups.filter((counted) => (counted[1] ?? 0) > 0).length);
  if (fellows < leastFellows) return undefined;
  const all = Array.from({ length: Math.max(fellows, groups.length) }, (_, group) => groups[group] ?? []);
  const own = trim(all, [0, 1], fellows);
  const source = trim(all, [3, 4], fellows);
  const { bad, n, squares } = own.left;
  const { odd } = own;
  if (bad <= rule.limit * n) return { verdict: "few", odd };
  if (logMeanExp(rule.ratios({ bad, n, squares })) < leftAlpha) return { verdict: "waiting", odd };
  const contrast = rule.contrast({ bad, n }, source.left);
  return { verdict: contrast === "worse" ? "fleet" : contrast, odd };
}

type Trimmed = { readonly left: Count & { readonly squares: number }; readonly odd: readonly number[] };

/** The sum without the third of the groups with the greatest share, and the third with the least. */
function trim(groups: readonly Counted[], [bad, n]: readonly [number, number], fellows: number): Trimmed {
  const counted = groups
    .map((one, group) => ({ group, bad: one[bad] ?? 0, n: one[n] ?? 0, squares: one[2] ?? 0 }))
    .toSorted((a, b) => b.n - a.n || a.group - b.group);
  // Places that nobody fills are neither.
  const filled = Math.max(fellows, counted.filter((one) => one.n > 0).length);
  const { worst, middle } = thirdsOf(counted.slice(0, filled));
  const squares = middle.reduce((all, one) => all + one.squares, 0);
  return { left: { ...sumShares(middle), squares }, odd: worst.map(({ group }) => group) };
}
