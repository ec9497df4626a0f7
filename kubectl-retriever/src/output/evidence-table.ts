// What a migration is decided by, as one table: the gates of its stage and the lines of harm, with value, interval, limit, n.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { HarmLine, HarmLineName } from "@retriever/crds/status/harm-status.ts";
import type { MigrationStatus, Verdict } from "@retriever/crds/status/migration-status.ts";
import { shareInterval } from "#rehearse/share-interval.ts";
import { renderTable } from "#text/table.ts";
import { countWord, digits, shareWord } from "#text/words.ts";

const verdictWords = { Pass: "pass", Fail: "FAIL", NotYet: "not yet", Unknown: "unknown" } as const;
const head = ["BAD", "95 % INTERVAL", "LIMIT", "N"];

/** Gates first, then harm, most evidence first; each part with its head, none where there is nothing. */
export function renderEvidence({ gates, detection }: MigrationStatus, plan: MigrationSpec | undefined): string[] {
  const lines = (detection?.lines ?? []).toSorted((a, b) => b.evidence - a.evidence);
  const harm = lines.map((line) => harmRow(line, plan, detection?.slices.map(({ name }) => name) ?? []));
  const gateRows = gates.map((gate) => gateRow(gate, plan));
  return renderTable(
    [
      ...(gateRows.length === 0 ? [] : [["GATE", ...head, "VERDICT"], ...gateRows]),
      ...(harm.length === 0 ? [] : [["HARM", ...head, "EVIDENCE"], ...harm]),
    ],
    "   ",
  );
}

function gateRow(gate: Verdict, plan: MigrationSpec | undefined): string[] {
  // Nothing was counted: whatever the verdict, nothing was shown.
  const verdict = gate.n === 0 && gate.verdict === "Pass" ? "no samples" : verdictWords[gate.verdict];
  return [gateWord(gate.gate, plan), valueWord(gate), intervalWord(gate), limitWord(gate), countWord(gate.n), verdict];
}

/** What a gate counts as bad, with its threshold where the plan has one. */
function gateWord(gate: string, plan: MigrationSpec | undefined): string {
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

function harmRow(line: HarmLine, plan: MigrationSpec | undefined, slices: readonly string[]): string[] {
  const { bad, n } = countsOf(line);
  const isShare = !means.includes(line.line) && n >= 1;
  const [low, high] = isShare ? shareInterval(Math.min(Math.round(bad), Math.round(n)), Math.round(n)) : [];
  const where = line.slice === null ? "" : ` in ${slices[line.slice] ?? "the others"}`;
  return [
    `${harmWord(line.line, plan)}${where}`,
    shareWord(n > 0 ? bad / n : null),
    low === undefined || high === undefined ? "-" : shares(low, high),
    shareWord(line.limit),
    countWord(n),
    evidenceWord(line, n),
  ];
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
