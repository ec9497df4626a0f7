// The migrations there are, and whether an operator may go: nobody would roll them back without it.
import { finalPhases } from "@retriever/crds/status/phase-steps.ts";
import { hasCode } from "@retriever/operator/errors.ts";
import { counted } from "@retriever/operator/page/words.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { sleep } from "@retriever/operator/timing/delay.ts";
import { settleFinalizer } from "@retriever/sidecar/contract/names.ts";
import type { KubeClient } from "#kube-client.ts";
import { exitCodes } from "#output/exit-codes.ts";
import type { Terminal } from "#output/terminal.ts";

/** Namespaces to look at; none: all. */
type Namespaces = readonly string[];

type CheckTools = { readonly client: KubeClient; readonly terminal: Terminal; readonly clock: Clock };

type Raw = {
  readonly metadata?: {
    readonly namespace?: string;
    readonly name?: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly epoch?: number;
    readonly conditions?: readonly { readonly type?: string; readonly status?: string }[];
  };
};

const final: readonly string[] = finalPhases;
/** What is deleted takes as long as its pods take to follow their base: seconds, as a rule. Helm's hook ends at 120 s. */
const goneWithinMs = 90_000;
const pollEveryMs = 2000;

/** Refuses while a migration is under way. Where the API isn't served nothing is. */
export async function checkIdle(asked: Namespaces, tools: CheckTools, signal: AbortSignal): Promise<number> {
  const { client, terminal } = tools;
  const migrations = await listIfServed(asked, client, signal);
  if (migrations === undefined) {
    terminal.print(notServedWords);
    return exitCodes.ok;
  }
  for (const line of describeMigrations(asked, migrations)) terminal.print(line);
  return refuseUnlessIdle(asked, migrations, tools, signal);
}

export const notServedWords = "retrievermigrations are not served: nothing is under way";

/** How many there are; those under way, and those that keep something in force, by name. */
export function describeMigrations(asked: Namespaces, migrations: readonly Raw[]): string[] {
  const underWay = migrations.filter(isUnderWay);
  const where = asked.length === 0 ? "all namespaces" : asked.join(", ");
  return [
    `${counted(migrations.length, "migration")} in ${where}, ${underWay.length} under way`,
    ...underWay.map((each) => `  ${describe(each)}`),
    ...migrations.filter(isUnsettled).map((each) => `  ${describe(each)}, not settled: its overlay stays in force`),
  ];
}

/** Throws the coded error of a list that isn't allowed or not served. */
async function listIn(
  namespaces: Namespaces,
  client: Pick<KubeClient, "listMigrations">,
  signal: AbortSignal,
): Promise<readonly Raw[]> {
  const places = namespaces.length === 0 ? [undefined] : namespaces;
  return (await Promise.all(places.map((place) => client.listMigrations(place, signal)))).flat() as readonly Raw[];
}

/** Undefined where the API isn't served. */
export async function listIfServed(asked: Namespaces, client: Pick<KubeClient, "listMigrations">, signal: AbortSignal) {
  try {
    return await listIn(asked, client, signal);
  } catch (fault) {
    if (hasCode(fault, "ROP_NOT_FOUND")) return undefined;
    throw fault;
  }
}

/** What is being deleted is waited for: the operator brings its pods back and lets it go, if it is left the time. */
async function refuseUnlessIdle(
  asked: Namespaces,
  migrations: readonly Raw[],
  { client, terminal, clock }: CheckTools,
  signal: AbortSignal,
): Promise<number> {
  const endAt = clock.elapsed() + goneWithinMs;
  let { staying, leaving } = partition(migrations);
  if (staying.length === 0 && leaving.length > 0) terminal.print(`waiting for ${leaving.length} to be deleted`);
  while (staying.length === 0 && leaving.length > 0 && clock.elapsed() < endAt && !signal.aborted) {
    await sleep(clock, pollEveryMs, signal);
    ({ staying, leaving } = partition((await listIfServed(asked, client, signal)) ?? []));
  }
  if (staying.length > 0) {
    terminal.warn("refused: without the operator nobody rolls these back; finish or abort them first");
    return exitCodes.refused;
  }
  if (leaving.length === 0) return exitCodes.ok;
  terminal.warn(`refused: without the operator these are never gone: ${leaving.map(describe).join(", ")}`);
  return exitCodes.refused;
}

function partition(migrations: readonly Raw[]) {
  return {
    staying: migrations.filter((each) => isUnderWay(each) && !isLeaving(each)),
    leaving: migrations.filter(isLeaving),
  };
}

/** It has written an overlay and isn't over; a phase of another version counts, too. */
function isUnderWay({ status = {} }: Raw): boolean {
  return (status.epoch ?? 0) > 0 && !final.includes(status.phase ?? "");
}

/** Deleted, whatever its phase, and kept by the operator's own finalizer. */
function isLeaving({ metadata = {} }: Raw): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(settleFinalizer);
}

function isUnsettled({ status = {} }: Raw): boolean {
  const settled = (status.conditions ?? []).some(({ type, status }) => type === "Settled" && status === "True");
  return status.phase === "Completed" && (status.epoch ?? 0) > 0 && !settled;
}

function describe({ metadata = {}, status = {} }: Raw): string {
  return `${metadata.namespace ?? ""}/${metadata.name ?? ""}: ${status.phase ?? "Pending"}`;
}
