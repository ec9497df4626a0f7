// What the page and the Markdown of a report both say: their sentences, and their tables of plain cells.
import { printDuration } from "@retriever/crds/fields/duration.ts";
import { counted, countWord, instantWord, shareWord } from "#page/words.ts";
import type { Impact, Report, StageSummary } from "./report.ts";

type Cells = {
  readonly columns: readonly { readonly title: string; readonly kind?: string }[];
  readonly rows: readonly { readonly cells: readonly string[]; readonly kind?: string }[];
};
type ReportTable = { readonly title: string; readonly note: string; readonly table: Cells };

export function summaryLine({ from, until, seconds, planHash, epoch }: Report): string {
  return `${instantWord(from)} to ${instantWord(until)} (${printDuration(Math.round(seconds))}), plan ${planHash || "not accepted"}, ${counted(epoch, "revision")}.`;
}

/** What the report rests on, and whether that is proved. */
export function evidenceLine({ evidence }: Report): string {
  const { records, dropped, missing, unread, unreadable, hash, fault } = evidence;
  const parts = [
    counted(records, "record"),
    fault === null ? `chain intact, SHA-256 ${hash}` : `CHAIN BROKEN (${fault}): what follows is not proved`,
    ...(dropped > 0 ? [`${countWord(dropped)} older ones dropped`] : []),
    ...(missing > 0 ? [`${countWord(missing)} could not be kept`] : []),
    ...(unread > 0 ? [`${countWord(unread)} too large to be kept whole`] : []),
    ...(unreadable > 0 ? [`${countWord(unreadable)} unreadable for this version, a newer one may read them`] : []),
  ];
  return `Evidence: ${parts.join(", ")}.`;
}

/** What users had of it, one sentence each. */
export function impactLines(impact: Impact | null): string[] {
  if (impact === null) return ["No user was served by the destination: it was only compared."];
  const { seconds, harmedSeconds, requests, failed, compared, scoreWorse, latencyWorse, slices } = impact;
  const asked =
    impact.failedChecked === 0
      ? ""
      : `; of ${countWord(impact.failedChecked)} that the source was asked as well it answered ${countWord(impact.failedWorse)}`;
  return [
    `Users were served by the destination for ${printDuration(Math.round(seconds))}: ${counted(requests, "request")}.`,
    ...(harmedSeconds === null ? [] : [`Of that, ${printDuration(Math.round(harmedSeconds))} with evidence of harm.`]),
    `${counted(failed, "request")} failed${asked}.`,
    `Of ${counted(compared, "answer")} that were compared with the source: score worse in ${shareWord(scoreWorse)}, slower in ${shareWord(latencyWorse)}.`,
    slices.length === 0
      ? "Namespaces: none stood out by itself."
      : `Namespaces that stood out: ${slices.length} (${slices.join(", ")}; the status has their names).`,
  ];
}

/** Every table that has a row, in its order. */
export function tablesOf(report: Report): ReportTable[] {
  const { acts, comparisons, changes, skippedChecks, stages } = report;
  const tables: ReportTable[] = [
    {
      title: "Variance summary",
      note:
        stages.length === 0
          ? "Nothing was sampled."
          : "The last verdict of each stage; then the lines of harm as they stood last.",
      table: stageTable(stages),
    },
    {
      title: "Approvals and other acts of people",
      note: acts.length === 0 ? "Nobody had to act." : "",
      table: table(
        ["time", "act", "who", "why"],
        acts.map(({ at, act, actor, reason }) => [instantWord(at), act, actor, reason]),
      ),
    },
    {
      title: "Parity and repairs",
      note: parityNote(report),
      table: table(
        ["time", "before or after", "outcome", "what"],
        comparisons.map(({ at, purpose, outcome, message }) => [instantWord(at), purpose, outcome, message]),
      ),
    },
    {
      title: "What changed where",
      note: "The base, Secrets and the stores' data were not touched by the operator.",
      table: table(
        ["time", "where", "what"],
        changes.map(({ at, where, what }) => [instantWord(at), where, what]),
      ),
    },
  ];
  if (skippedChecks.length === 0) return tables;
  const skipped = table(
    ["check"],
    skippedChecks.map((check) => [check]),
  );
  return [...tables, { title: "Checks that the plan skipped", note: "", table: skipped }];
}

function parityNote({ comparisons, skippedChecks }: Report): string {
  const repairs = "What retriever-data repair changed stands in its own list.";
  if (comparisons.length > 0) return repairs;
  return `The stores were not compared${skippedChecks.includes("parity") ? ": the plan skips it" : ""}. ${repairs}`;
}

function stageTable(stages: readonly StageSummary[]): Cells {
  const rows = stages.flatMap(({ label, seconds, rows }) =>
    rows.map(({ name, value, interval, limit, n, verdict, mood }) => ({
      kind: mood,
      cells: [label, printDuration(Math.round(seconds)), name, value, interval, limit, n, verdict],
    })),
  );
  const titles = ["stage", "for", "what is bad", "share", "95 % interval", "limit", "n", "verdict"];
  return { columns: titles.map((title) => ({ title, ...(title === "verdict" ? { kind: "r" } : {}) })), rows };
}

const kindsByTitle: Readonly<Record<string, { readonly kind: string }>> = { time: { kind: "t" }, what: { kind: "w" } };

function table(titles: readonly string[], rows: readonly (readonly string[])[]): Cells {
  const columns = titles.map((title) => ({ title, ...kindsByTitle[title] }));
  return { columns, rows: rows.map((cells) => ({ cells })) };
}
