// What a release needs of the cluster, and whether it may go: the API is served, migrations can be listed, none is under way.
import type { Phase } from "@retriever/crds/migration-status.ts";
import { hasCode } from "#errors.ts";
import { exitCodes } from "./exit-codes.ts";
import type { KubeClient } from "./kube-client.ts";
import type { Terminal } from "./terminal.ts";

export type CheckRequest = {
  /** Namespaces to look at; empty: all. */
  readonly namespaces: readonly string[];
  /** Refuse while a migration is under way. */
  readonly idle: boolean;
};

type Raw = {
  readonly metadata?: { readonly namespace?: string; readonly name?: string };
  readonly status?: {
    readonly phase?: string;
    readonly epoch?: number;
    readonly conditions?: readonly { readonly type?: string; readonly status?: string }[];
  };
};

const final: readonly string[] = ["Completed", "RolledBack", "Validated"] satisfies Phase[];

/** Prints what it found. Throws the coded error of a list that isn't allowed or not served. */
export async function checkCluster(
  asked: CheckRequest,
  client: KubeClient,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const migrations = await listAsked(asked, client, signal);
  if (migrations === undefined) {
    terminal.print("retrievermigrations are not served: nothing is under way");
    return exitCodes.ok;
  }
  const underWay = migrations.filter(isUnderWay);
  const where = asked.namespaces.length === 0 ? "all namespaces" : asked.namespaces.join(", ");
  terminal.print(`${migrations.length} migrations in ${where}, ${underWay.length} under way`);
  for (const migration of underWay) terminal.print(`  ${describe(migration)}`);
  for (const migration of migrations.filter(isUnsettled))
    terminal.print(`  ${describe(migration)}, not settled: its overlay stays in force`);
  if (asked.idle) return refuseUnlessIdle(underWay, terminal);
  const proved = await client.readActIdentityProved(signal);
  terminal.print(
    proved
      ? "approvals count: retriever-act-identity is in force"
      : "approvals don't count: retriever-act-identity isn't in force",
  );
  return exitCodes.ok;
}

/** Undefined where the API isn't served and nobody needs it. */
async function listAsked(
  { namespaces, idle }: CheckRequest,
  client: KubeClient,
  signal: AbortSignal,
): Promise<readonly Raw[] | undefined> {
  const places = namespaces.length === 0 ? [undefined] : namespaces;
  try {
    return (await Promise.all(places.map((place) => client.listMigrations(place, signal)))).flat() as readonly Raw[];
  } catch (fault) {
    if (idle && hasCode(fault, "ROP_NOT_FOUND")) return undefined;
    throw fault;
  }
}

function refuseUnlessIdle(underWay: readonly Raw[], terminal: Terminal): number {
  if (underWay.length === 0) return exitCodes.ok;
  terminal.warn("refused: without the operator nobody rolls these back; finish or abort them first");
  return exitCodes.refused;
}

/** It has written an overlay and isn't over; a phase of another version counts, too. */
function isUnderWay({ status = {} }: Raw): boolean {
  return (status.epoch ?? 0) > 0 && !final.includes(status.phase ?? "");
}

function isUnsettled({ status = {} }: Raw): boolean {
  const settled = (status.conditions ?? []).some(({ type, status }) => type === "Settled" && status === "True");
  return status.phase === "Completed" && (status.epoch ?? 0) > 0 && !settled;
}

function describe({ metadata = {}, status = {} }: Raw): string {
  return `${metadata.namespace ?? ""}/${metadata.name ?? ""}: ${status.phase ?? "Pending"}`;
}
