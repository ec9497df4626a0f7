// The gates as a table: what was found, how sure that is, what is allowed, and the verdict.

import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Verdict } from "@retriever/crds/status/migration-status.ts";
import { renderTable } from "#text/table.ts";
import { countWord, digits, shareWord } from "#text/words.ts";

const verdictWords = { Pass: "pass", Fail: "FAIL", NotYet: "not yet", Unknown: "unknown" } as const;

/** Lines of the table, the first is its head; none when there is no gate. */
export function renderGates(gates: readonly Verdict[], plan: MigrationSpec | undefined): string[] {
  if (gates.length === 0) return [];
  const rows = gates.map((gate) => [
    gateWord(gate.gate, plan),
    valueWord(gate),
    intervalWord(gate),
    limitWord(gate),
    countWord(gate.n),
    verdictWords[gate.verdict],
  ]);
  return renderTable([["GATE", "BAD", "95 % INTERVAL", "LIMIT", "N", "VERDICT"], ...rows], "   ");
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
  return words[gate] ?? gate;
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
  return `${digits(low * 100)} - ${digits(high * 100)} %`;
}
