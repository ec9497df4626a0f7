// The commands `get`, `events` and `wait`: all migrations at a glance, what was told of one, and scripts that wait for it.
import { conditionTypes, type MigrationStatus, type Phase, phases } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase, isReachable } from "@retriever/crds/status/phase-steps.ts";
import { columnsOf } from "@retriever/operator/core/status/columns.ts";
import { clipped, shareWord, sinceWord } from "@retriever/operator/page/words.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { sleep } from "@retriever/operator/timing/delay.ts";
import { findMigration, findObject } from "#find-migration.ts";
import type { KubeClient } from "#kube-client.ts";
import { type Form, printDocument, printList, printValue } from "#output/documents.ts";
import { exitCodes } from "#output/exit-codes.ts";
import { type MigrationView, viewMigration } from "#output/migration-view.ts";
import { didYouMean } from "#output/similar.ts";
import type { Terminal } from "#output/terminal.ts";
import { renderTable } from "#text/table.ts";
import { makePatience } from "./patience.ts";

type Tools = { readonly client: KubeClient; readonly terminal: Terminal; readonly clock: Clock };
/** Undefined: all namespaces. */
type ListRequest = { readonly namespace: string | undefined; readonly output: Form | undefined };

/** The one of a name as a line, or the object. */
export async function getMigration(
  { namespace, name, output }: NamedRequest & Pick<ListRequest, "output">,
  { client, terminal, clock }: Tools,
  signal: AbortSignal,
): Promise<number> {
  const found = await findObject(client, namespace, name, signal);
  if (output === "name") terminal.print(await printDocument(found, output));
  else if (output !== undefined) terminal.data(await printDocument(found, output));
  else printRows([found], { namespace, terminal, now: clock.now() });
  return exitCodes.ok;
}

/** One line for each migration, or the objects. */
export async function listMigrations(
  { namespace, output }: ListRequest,
  tools: Tools,
  signal: AbortSignal,
): Promise<number> {
  const { client, terminal, clock } = tools;
  const found = await client.listMigrations(namespace, signal);
  if (output === "name") for (const each of found) terminal.print(await printDocument(each, output));
  else if (output !== undefined) terminal.data(await printList(found, output));
  else if (found.length === 0)
    terminal.warn(
      namespace === undefined
        ? "no migrations in any namespace"
        : `no migrations in ${namespace}; -A lists those of all namespaces`,
    );
  else printRows(found, { namespace, terminal, now: clock.now() });
  return exitCodes.ok;
}

type Shown = Pick<ListRequest, "namespace"> & Pick<Tools, "terminal"> & { readonly now: number };

function printRows(found: readonly unknown[], { namespace, terminal, now }: Shown): void {
  const rows = [listHead, ...found.map((raw) => listRow(viewMigration(raw), now))].map((row) =>
    row.slice(namespace === undefined ? 0 : 1),
  );
  for (const line of renderTable(rows, "   ")) terminal.print(clipped(line, Number.MAX_SAFE_INTEGER));
}

export const listHead = ["NAMESPACE", "NAME", "PHASE", "STAGE", "SAMPLE", "PRIMARY", "GUARD", "READY", "IN PHASE"];

/** A migration at a glance. */
export function listRow({ namespace, name, status, plan }: MigrationView, now: number): string[] {
  const { revision, conditions } = status;
  const columns = columnsOf(status, plan);
  return [
    namespace,
    name,
    status.phase,
    columns.stage ?? "-",
    shareWord(revision?.sampleRate ?? null),
    revision?.primary ?? "-",
    columns.guard ?? "-",
    conditions.find(({ type }) => type === "Ready")?.status ?? "-",
    ageWord(status.phaseStartedAt, now) ?? "-",
  ];
}

const minuteMs = 60_000;

/** Whole minutes from the first on: a row that is watched stays as it is between them. */
function ageWord(instant: string | undefined, now: number): string | undefined {
  const ageMs = now - Date.parse(instant ?? "");
  return sinceWord(instant, ageMs < minuteMs ? now : now - (ageMs % minuteMs));
}

type NamedRequest = { readonly namespace: string; readonly name: string };

/** What was told of a migration, the newest last. */
export async function listEvents(
  { namespace, name, output }: NamedRequest & { readonly output: Form | undefined },
  { client, terminal }: Tools,
  signal: AbortSignal,
): Promise<number> {
  await findMigration(client, namespace, name, signal);
  const events = await client.listEvents({ namespace, name }, signal);
  if (output === "name") for (const event of events) terminal.print(`event/${event.name}`);
  else if (output !== undefined) terminal.data(await printValue(events, output));
  else if (events.length === 0) terminal.warn(`${namespace}/${name}: no events; an API server keeps them for an hour`);
  else
    for (const { at, type, reason, message, count } of events)
      terminal.print(
        clipped(
          `${at}  ${type.padEnd(7)}  ${reason}  ${message}${count > 1 ? ` (${count} times)` : ""}`,
          Number.MAX_SAFE_INTEGER,
        ),
      );
  return exitCodes.ok;
}

type WaitRequest = NamedRequest & { readonly what: string; readonly timeoutMs: number };

const pollEveryMs = 1000;

/**
 * 0 once the phase is reached or the condition True, 4 when that can't come any more, 124 after the time. An API server
 * that is away for a minute ends nothing.
 */
export async function waitFor(
  asked: WaitRequest,
  { client, terminal, clock }: Tools,
  signal: AbortSignal,
): Promise<number> {
  const { namespace, name, what, timeoutMs } = asked;
  const known = [...phases, ...conditionTypes];
  if (!known.some((one) => one === what)) {
    const meant = what.includes("=") ? "; a condition is waited for until it is True" : didYouMean(what, known);
    terminal.warn(`there is no phase or condition ${what}${meant}`);
    return exitCodes.error;
  }
  const { answered, bear } = makePatience(terminal);
  for (const endAt = clock.elapsed() + timeoutMs; !signal.aborted; await sleep(clock, pollEveryMs, signal)) {
    let view: MigrationView;
    try {
      view = await findMigration(client, namespace, name, signal);
    } catch (fault) {
      if (signal.aborted) break;
      if (clock.elapsed() >= endAt) throw fault;
      bear(fault);
      continue;
    }
    answered();
    const code = answerTo(asked, view, terminal);
    if (code !== undefined) return code;
    if (clock.elapsed() >= endAt) {
      const { phase, message } = view.status;
      terminal.warn(`${namespace}/${name} is ${phase}, not ${what}: ${message}`);
      return exitCodes.timeOut;
    }
  }
  return exitCodes.interrupted;
}

/** Conditions that are as they will be once a migration is over. */
const neverLater: readonly string[] = ["CutOver", "GuardPassed", "Succeeded"];

/** Undefined while it may still come. */
function answerTo(
  { namespace, name, what }: WaitRequest,
  { status }: MigrationView,
  terminal: Terminal,
): number | undefined {
  if (isSo(status, what)) {
    terminal.print(`${namespace}/${name}: ${what}`);
    return exitCodes.ok;
  }
  const isGone = isPhase(what)
    ? !isReachable(status.phase, what)
    : isFinalPhase(status.phase) && neverLater.includes(what);
  if (!isGone) return undefined;
  terminal.warn(`${namespace}/${name} is ${status.phase} and never reaches ${what}`);
  return exitCodes.rolledBackOrStalled;
}

const isPhase = (word: string): word is Phase => phases.some((phase) => phase === word);

function isSo({ phase, conditions }: MigrationStatus, what: string): boolean {
  return phase === what || conditions.some(({ type, status }) => type === what && status === "True");
}
