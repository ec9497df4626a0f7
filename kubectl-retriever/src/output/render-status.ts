// A migration as text for people. Pure: the same view, time and size give the same lines, never more than fit.

import { styleText } from "node:util";
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { Condition, MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { shareWord, sinceWord, spanWord } from "@retriever/operator/page/words.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import { printable } from "@retriever/stores/values/printable.ts";
import { renderEvidence } from "./evidence-table.ts";
import { fit, fitted, printRow, type Row, row, type Section, wrapped } from "./lines.ts";
import type { MigrationView } from "./migration-view.ts";
import { openChecksLine, progressLines } from "./progress-lines.ts";
import { servingOf } from "./serving.ts";

type Canvas = {
  /** Characters per line. */
  readonly columns: number;
  /** Lines there are. */
  readonly rows: number;
  readonly color: boolean;
  /** The cluster as people know it; undefined where there is only one. */
  readonly cluster?: string;
};

const mostMessages = 4;

/** The whole picture: never more lines than there are less one for the prompt, none longer than the canvas. */
export function renderStatus(view: MigrationView, now: number, canvas: Canvas): string[] {
  const { status, plan } = view;
  const columns = Math.max(20, canvas.columns);
  const said = (lines: readonly (string | Row | undefined)[]) =>
    lines
      .filter(isLine)
      .map((line) => (typeof line === "string" ? line : printRow(line)))
      .flatMap((line) => (line === "" ? [line] : wrapped(printable(line), columns)));
  const whole = said(progressLines(view, now));
  const progress = whole.length > canvas.rows / 2 ? said(openChecksLine(status)) : whole;
  const table = renderEvidence(status, plan).map((line) => fitted(line, columns));
  const sections: Section[] = [
    { rank: 0, title: "name", lines: said([headLine(view, now)]) },
    { rank: 2.5, title: "cluster", lines: said([clusterLine(view, canvas)]) },
    { rank: 1, title: "message", lines: said(messageLines(status)) },
    { rank: 2, title: "progress", lines: progress },
    { rank: 4, title: "figures", lines: table.length === 0 ? [] : ["", ...table], isTable: true },
    {
      rank: 3,
      title: "rollback path",
      lines: said(
        spaced([rollbackPathLine(status), configLine(view), laggingLine(status), fencedLine(status), guardLine(view)]),
      ),
    },
    {
      rank: 3.5,
      title: "harm and rollback",
      lines: said([harmLine(status), rollbackLine(status), latchedLine(status)]),
    },
    {
      rank: 5,
      title: "approvals and waivers",
      lines: said([...approvedLine(status), ...waivedLines(status), ...checkLines(status)]),
    },
    { rank: 6, title: "messages", lines: said(outboxLines(status)) },
    { rank: 7, title: "newer fields", lines: said(unknownLines(view)) },
  ];
  return fit(sections, { columns, rows: Math.max(1, canvas.rows - 1) }).map((line) =>
    paint(fitted(printable(line), columns), canvas.color),
  );
}

/** What is said beside the head, the figures and the rollback path, row by row: the same rows as on a terminal. */
export function detailRows(view: MigrationView): Row[] {
  const { status } = view;
  const rows = [
    configLine(view),
    laggingLine(status),
    fencedLine(status),
    guardLine(view),
    harmLine(status),
    rollbackLine(status),
    latchedLine(status),
    ...approvedLine(status),
    ...waivedLines(status),
    ...checkLines(status),
    ...outboxLines(status),
    ...unknownLines(view),
  ];
  return rows.filter(isLine);
}

/** One line for a log: when it isn't a terminal. */
export function renderLine(view: MigrationView, now: number): string {
  const { status } = view;
  const parts = [
    new Date(now).toISOString(),
    `${view.namespace}/${view.name}`,
    phaseWords(status),
    `epoch ${status.epoch}`,
    status.message,
  ];
  return parts.filter((part) => part !== "").join("  ");
}

function headLine(view: MigrationView, now: number): string {
  const { name, status, plan, deleting } = view;
  const since = sinceWord(status.phaseStartedAt, now);
  const parts = [
    name,
    deleting ? `${phaseWords(status)}, being deleted` : phaseWords(status),
    status.revision === undefined ? "" : `serving ${servingOf(view).word}`,
    readyWord(status),
    since === undefined ? "" : `${since} in phase`,
    `${status.source?.kind ?? "source"} -> ${plan?.destination.kind ?? "destination"}`,
  ];
  return parts.filter((part) => part !== "").join("   ");
}

/** Migrations of several clusters often have the same name. */
function clusterLine({ namespace }: MigrationView, { cluster }: Canvas): string | undefined {
  return cluster === undefined ? undefined : `in namespace ${namespace} of ${cluster}`;
}

/** The phase, and within the ramp its stage and rate. */
export function phaseWords({ phase, stage }: MigrationStatus): string {
  if (stage === undefined || (phase !== "WarmUp" && phase !== "Ramp")) return phase;
  return `${phase}, stage ${stage.index + 1} of ${stage.count} at ${shareWord(stage.sampleRate)}`;
}

/** Whether it moves, in one word; empty where that needs none. */
export function readyWord(status: MigrationStatus): string {
  const ready = conditionOf(status, "Ready");
  // What has ended needs no word of whether it moves.
  if (isFinalPhase(status.phase) && conditionOf(status, "Settled")?.status === "True") return "";
  if (conditionOf(status, "Paused")?.status === "True") return "Paused";
  if (conditionOf(status, "Stalled")?.status === "True") return "Stalled";
  if (ready?.status === "False") return "Not ready";
  return ready?.status === "True" ? "Ready" : "";
}

function messageLines({ message, phase }: MigrationStatus): string[] {
  if (message === "") return [];
  return [`${isFinalPhase(phase) ? "Result:" : "Not further because:"} ${message}`];
}

/** Whether a rollback would work now. */
export function rollbackPathLine(status: MigrationStatus): Row | undefined {
  const ready = conditionOf(status, "RollbackReady");
  if (ready === undefined) return undefined;
  const word = { True: "ready", False: "NOT READY", Unknown: "unknown" }[ready.status];
  return row("ROLLBACK PATH", word, ready.message);
}

function configLine(view: MigrationView): Row | undefined {
  const { revision, acks, epoch } = view.status;
  if (revision === undefined) return undefined;
  const { store, doubts, isMixed } = servingOf(view);
  const confirmed = acks === undefined ? "" : `${acks.matched} of ${acks.pods} ${plural(acks.pods, "pod")} confirmed, `;
  // Of pods that were left behind the row FENCED says it.
  const mixed = isMixed && fencedLine(view.status) === undefined ? `; ${doubts.join("; ")}` : "";
  return row(
    "CONFIG",
    `epoch ${epoch}`,
    `${confirmed}serving ${store}, shadow at ${shareWord(revision.sampleRate)}${mixed}`,
  );
}

function laggingLine({ acks }: MigrationStatus): Row | undefined {
  if (acks === undefined || acks.lagging.length + acks.lost.length === 0) return undefined;
  const lost = acks.lost.length === 0 ? [] : [`on lost nodes: ${acks.lost.join(", ")}`];
  return row("LAGGING", String(acks.lagging.length + acks.lost.length), [...acks.lagging, ...lost].join(", "));
}

/** Who serves the source while the others serve the destination. */
function fencedLine({ acks, cutover, revision }: MigrationStatus): Row | undefined {
  const names = acks?.fenced ?? [];
  if (acks === undefined || names.length === 0 || revision?.primary !== "destination") return undefined;
  const more = Math.max(0, Math.min(cutover?.fencedPods ?? 0, acks.pods - acks.matched) - names.length);
  const rest = more === 0 ? "" : ` and ${more} more`;
  const why = "missed the cutover's deadline and serve the source; restart them to follow";
  return row("FENCED", String(names.length + more), `${names.join(", ")}${rest}: ${why}`);
}

function guardLine({ status, plan }: MigrationView): Row | undefined {
  const { guard } = status;
  if (guard === undefined) return undefined;
  const of = plan === undefined ? "" : ` of ${spanWord(durationSeconds(plan.guard.duration))}`;
  return row(
    "GUARD",
    "clocks",
    `watched ${spanWord(guard.watchedSeconds)}${of}, idle ${spanWord(guard.idleSeconds)}, unobserved ${spanWord(guard.unobservedSeconds)}`,
  );
}

function harmLine({ harm }: MigrationStatus): Row | undefined {
  return harm === undefined || harm.causes.length === 0
    ? undefined
    : row("HARM", harm.heldSince === undefined ? "found" : "held", harm.causes.join("; "));
}

/** What the result says isn't said again: on a small screen it would push out the figures. */
function rollbackLine({ rollback, message }: MigrationStatus): Row | undefined {
  if (rollback === undefined) return undefined;
  const unsaid = rollback.causes.filter((cause) => !message.includes(cause));
  return row(
    "ROLLBACK",
    `from ${rollback.from}`,
    [rollback.reason, ...unsaid].join("; ") + (rollback.actor === null ? "" : `; asked by ${rollback.actor}`),
  );
}

function latchedLine({ acts }: MigrationStatus): Row | undefined {
  const latched = acts?.latched;
  return latched === undefined
    ? undefined
    : row("ASKED", latched.act, `by ${latched.actor}${latched.reason === "" ? "" : `: ${latched.reason}`}`);
}

const checking = ["Preflight", "AwaitingApproval"];

/** What the plan leaves out, at any time, and what it asks while it is asked; each with who decided it, if not the manifest. */
function checkLines({ phase, checklist = [], skippedChecks }: MigrationStatus): Row[] {
  const nameOf = (check: string): string => {
    const from = checklist.find((one) => one.check === check)?.from ?? "Manifest";
    return from === "Manifest" ? check : `${check} (${from.toLowerCase()})`;
  };
  const required = checklist.filter(({ policy }) => policy === "Require").map(({ check }) => nameOf(check));
  return [
    ...(required.length > 0 && checking.includes(phase) ? [row("REQUIRED", "checks", required.join(", "))] : []),
    ...(skippedChecks.length > 0 ? [row("SKIPPED", "checks", skippedChecks.map(nameOf).join(", "))] : []),
  ];
}

function approvedLine({ acts }: MigrationStatus): Row[] {
  const approvals = acts?.approvals ?? [];
  if (approvals.length === 0) return [];
  return [row("APPROVED", "by", approvals.map(({ actor, role }) => `${actor} (${role})`).join(", "))];
}

/** A plugin older than the operator shows what it knows, and says that there is more. */
function unknownLines({ unknownFields }: MigrationView): Row[] {
  return unknownFields.length === 0
    ? []
    : [row("NOT SHOWN", "newer", `than this program: ${unknownFields.join(", ")}`)];
}

function waivedLines({ acts }: MigrationStatus): Row[] {
  return (acts?.waived ?? []).map(({ check, actor, reason }) => row("WAIVED", check, `by ${actor}: ${reason}`));
}

/** What people outside are to be told, where somebody doesn't have it; the newest last. */
function outboxLines({ outbox }: MigrationStatus): Row[] {
  const open = (outbox ?? []).filter(({ pending, failed }) => pending.length + failed.length > 0);
  return open.slice(-mostMessages).map(({ kind, pending, failed, attempts, lastError }) => {
    const waiting = pending.length === 0 ? [] : [`waiting for ${pending.join(", ")}`];
    const lost = failed.length === 0 ? [] : [`given up for ${failed.join(", ")}`];
    const tries = attempts === 0 ? [] : [`${attempts} ${attempts === 1 ? "try" : "tries"}`];
    const why = lastError === undefined ? [] : [lastError];
    return row(
      "OUTBOX",
      pending.length > 0 ? "waiting" : "GIVEN UP",
      [kind, ...waiting, ...lost, ...tries, ...why].join("; "),
    );
  });
}

function conditionOf(status: MigrationStatus, type: Condition["type"]): Condition | undefined {
  return status.conditions.find((condition) => condition.type === type);
}

function isLine<T>(line: T | undefined): line is T {
  return line !== undefined;
}

/** A blank line before, unless there is nothing. */
function spaced(lines: readonly (Row | undefined)[]): (string | Row)[] {
  const present = lines.filter(isLine);
  return present.length === 0 ? [] : ["", ...present];
}

const bad = /\b(FAIL|FOUND|NOT READY|GIVEN UP|Stalled|Not ready|RollingBack|RolledBack)\b/g;
const good = /\b(pass|Completed)\b/g;

/** Words carry the meaning; colour only repeats it. */
function paint(line: string, color: boolean): string {
  if (!color) return line;
  const style = (format: "red" | "green" | "bold") => (word: string) =>
    styleText(format, word, { validateStream: false });
  if (/^(GATE|HARM|ROLLBACK PATH|CONFIG|OUTBOX|WAIVED|APPROVED|OPEN|LEFT| )/.test(line))
    return line.replace(bad, style("red"));
  return line.replace(bad, style("red")).replace(good, style("green"));
}
