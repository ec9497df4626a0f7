// What a migration is decided by, in words and numbers: the gates of its stage and the lines of harm. One wording for the
// command line, the dashboard and the report.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { HarmLine, HarmLineName } from "@retriever/crds/status/harm-status.ts";
import type { MigrationStatus, Verdict } from "@retriever/crds/status/migration-status.ts";
import { shareInterval } from "#core/detection/share-interval.ts";
import type { Mood } from "./document.ts";
import { countWord, digits, shareWord } from "./words.ts";

export type EvidenceRow = {
  /** Of the status: `scoreDelta`, `latency`. */
  readonly key: string;
  readonly kind: "gate" | "harm";
  readonly name: string;
  readonly value: string;
  readonly interval: string;
  readonly limit: string;
  readonly n: string;
  readonly verdict: string;
  readonly mood: Mood;
  /** The verdict as a sentence, with what is missing. */
  readonly message: string;
  /** For a drawing; null where nothing was measured. */
  readonly numbers: {
    readonly value: number;
    readonly low: number;
    readonly high: number;
    readonly limit: number;
  } | null;
};

const verdictWords = { Pass: "pass", Fail: "FAIL", NotYet: "not yet", Unknown: "unknown" } as const;
const verdictMoods = { Pass: "good", Fail: "bad", NotYet: "", Unknown: "warn" } as const;

/** Gates first, then harm, most evidence first. */
export function evidenceRows(
  { gates, detection }: Pick<MigrationStatus, "gates" | "detection">,
  plan: MigrationSpec | undefined,
): EvidenceRow[] {
  const lines = (detection?.lines ?? []).toSorted((a, b) => b.evidence - a.evidence);
  const slices = detection?.slices.map(({ name }) => name) ?? [];
  return [...gates.map((gate) => gateRow(gate, plan)), ...lines.map((line) => harmRow(line, plan, slices))];
}

function gateRow(gate: Verdict, plan: MigrationSpec | undefined): EvidenceRow {
  // Nothing was counted: whatever the verdict, nothing was shown.
  const isEmpty = gate.n === 0 && gate.verdict === "Pass";
  const [low, high] = gate.interval ?? [];
  const isWhole = gate.value !== null && low !== undefined && high !== undefined;
  return {
    key: gate.gate,
    kind: "gate",
    name: gateWord(gate.gate, plan),
    value: valueWord(gate),
    interval: intervalWord(gate),
    limit: limitWord(gate),
    n: countWord(gate.n),
    verdict: isEmpty ? "no samples" : verdictWords[gate.verdict],
    mood: isEmpty ? "" : verdictMoods[gate.verdict],
    message: gate.message,
    numbers: isWhole ? { value: gate.value ?? 0, low, high, limit: gate.limit } : null,
  };
}

/** What a gate counts as bad, with its threshold where the plan has one. */
export function gateWord(gate: string, plan: MigrationSpec | undefined): string {
  const thresholds = plan?.thresholds;
  const words: Readonly<Record<string, string>> = {
    scoreDelta: `score worse by > ${thresholds?.scoreDelta.limit ?? "limit"}`,
    latencyDelta: `slower by >= ${thresholds?.latencyDelta.limitMs ?? "limit"} ms`,
    scoreMean: "score worse on average",
    mismatch: "other top result",
    overlap: "chunks in both answers",
    sampleRatio: "requests sampled",
    shadowErrors: "shadow errors",
  };
  return Object.hasOwn(words, gate) ? (words[gate] ?? gate) : gate;
}

const isMs = (gate: Verdict) => gate.gate.endsWith("Ms");

function valueWord(gate: Verdict): string {
  if (!isMs(gate)) return shareWord(gate.value);
  return gate.value === null ? "-" : `${digits(gate.value)} ms`;
}

function limitWord(gate: Verdict): string {
  return isMs(gate) ? `${digits(gate.limit)} ms` : shareWord(gate.limit);
}

function intervalWord(gate: Verdict): string {
  const [low, high] = gate.interval ?? [];
  if (low === undefined || high === undefined) return "-";
  if (isMs(gate)) return `${digits(low)} - ${digits(high)} ms`;
  return shares(low, high);
}

function shares(low: number, high: number): string {
  return `${digits(low * 100)} - ${digits(high * 100)} %`;
}

/** By a sum of losses, which has no interval of a share. */
const means: readonly HarmLineName[] = ["recall"];

function harmRow(line: HarmLine, plan: MigrationSpec | undefined, slices: readonly string[]): EvidenceRow {
  const { bad, n } = countsOf(line);
  const isShare = !means.includes(line.line) && n >= 1;
  const [low, high] = isShare ? intervalOf(line, bad, n) : [];
  const isWhole = low !== undefined && high !== undefined;
  const where = line.slice === null ? "" : ` in ${slices[line.slice] ?? "the others"}`;
  const value = n > 0 ? bad / n : null;
  return {
    key: line.line,
    kind: "harm",
    name: `${harmWord(line.line, plan)}${where}`,
    value: shareWord(value),
    interval: isWhole ? shares(low, high) : "-",
    limit: shareWord(line.limit),
    n: countWord(n),
    verdict: evidenceWord(line, n),
    mood: line.clock === undefined ? "" : "bad",
    message: "",
    numbers: isWhole && value !== null ? { value, low, high, limit: line.limit } : null,
  };
}

const intervals = new WeakMap<HarmLine, readonly [low: number, high: number]>();

/** Reckoned once for each line of a status: a page that is open renders it every few seconds. */
function intervalOf(line: HarmLine, bad: number, n: number): readonly [low: number, high: number] {
  const known = intervals.get(line);
  if (known !== undefined) return known;
  const interval = shareInterval(Math.min(Math.round(bad), Math.round(n)), Math.round(n));
  intervals.set(line, interval);
  return interval;
}

/** Since its evidence stands, where it does. */
function countsOf({ clock, run, bad, n }: HarmLine): { readonly bad: number; readonly n: number } {
  if (run !== undefined) return { bad: run.failures, n: run.requests };
  return clock === undefined || clock.n === 0 ? { bad, n } : clock;
}

function evidenceWord({ evidence, clock }: HarmLine, n: number): string {
  if (n === 0) return "no samples";
  if (clock !== undefined) return `FOUND, ${clock.verdict}`;
  return evidence === 0 ? "none" : `${Math.floor(evidence * 100)} % of what acts`;
}

function harmWord(line: HarmLineName, plan: MigrationSpec | undefined): string {
  const { scoreDelta, latencyDelta, livePrimary } = plan?.thresholds ?? {};
  const words: Readonly<Record<HarmLineName, string>> = {
    score: `score worse by > ${scoreDelta?.limit ?? "limit"}`,
    latency: `slower by >= ${latencyDelta?.limitMs ?? "limit"} ms`,
    mismatch: "other top result",
    recall: "recall lower",
    content: "content missing or other",
    shadowErrors: "shadow errors",
    liveErrors: "live requests failed",
    emptyAnswers: "live answers empty",
    liveLatency: `live p95 up by ${livePrimary?.maxP95IncreaseMs ?? "limit"} ms`,
    errors: "requests failed",
    severe: "live primary is down",
  };
  return words[line];
}
