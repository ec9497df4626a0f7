// Whether harm is the fleet's, or that of a few pods: what stands has to stand without the third that shows the most of it
// (and without the third that shows the least), so that no single pod moves all, and none hides what the others suffer.
import type { HarmLine } from "@retriever/crds/status/harm-status.ts";
import { logMeanExp } from "../gates/e-value.ts";
import { keptGroupCount } from "../model/kept-count.ts";
import { leastFellows, mostLiars } from "../pods/fair-share.ts";
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
      keptGroupCount((known[place] ?? 0) + more),
    );
  });
}

/** Fewer bad ones of both stores together, each asked as often, don't tell that the source was as bad. */
const leastTold = 8;

/**
 * Whether the source was as bad: no more groups say that the destination was worse than say the opposite. Each has one voice,
 * whatever it claims, and only where chance would seldom say it: beyond one standard deviation. Fewer than three speak
 * together, as two can't outvote one that errs. Undefined where there is too little to tell, the third that claims the most
 * apart: what was counted goes on into the next part.
 */
export function isShared(groups: Groups): boolean | undefined {
  const told = groups.map((counted) => counted.slice(sidesPlace));
  const voices = told.length < leastFellows ? [voiceOf(sumPlaces(told))] : told.map(voiceOf);
  if (voices.reduce((sum, voice) => sum + voice, 0) > 0) return false;
  const amounts = told.map(([own = 0, source = 0]) => own + source).toSorted((a, b) => a - b);
  const sure = amounts.slice(0, amounts.length - mostLiars(amounts.length));
  return sure.reduce((sum, amount) => sum + amount, 0) >= leastTold ? true : undefined;
}

/** 1: the destination was worse, -1: the source, 0: chance may have said it. */
function voiceOf([own = 0, source = 0]: readonly number[]): number {
  return 2 * (own - source) ** 2 >= own + source ? Math.sign(own - source) : 0;
}

function sumPlaces(told: readonly (readonly number[])[]): readonly number[] {
  return [0, 1].map((place) => told.reduce((sum, sides) => sum + (sides[place] ?? 0), 0));
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

type Fleet = {
  /** Groups with a process. */
  readonly populated: number;
  /** As the contrast has it: the clock began within trouble that both share. */
  readonly isChosen?: boolean;
};

/** Judges what the groups counted. Undefined where there are fewer than three. */
export function judgeFleet(
  groups: Groups | undefined,
  rule: LineRule,
  { populated, isChosen }: Fleet,
): FleetVerdict | undefined {
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
  const contrast = rule.contrast({ bad, n }, source.left, isChosen);
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
