// The command `check`: whether a cluster is fit for migrations. What may not be read is told and holds nothing up.
import type { Read } from "@retriever/operator/core/model/workload.ts";
import type { KubeRequest } from "@retriever/operator/kube/kube-request.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { sleep } from "@retriever/operator/timing/delay.ts";
import { clientVersion } from "#client-version.ts";
import type { KubeClient } from "#kube-client.ts";
import { clusterWord } from "#output/cluster-word.ts";
import { printValue } from "#output/documents.ts";
import { exitCodes } from "#output/exit-codes.ts";
import type { Terminal } from "#output/terminal.ts";
import { told } from "#told.ts";
import { describeMigrations, listIfServed, notServedWords } from "./check-idle.ts";
import { versionLines, versionsDocument } from "./version.ts";
import { type ClusterVersions, isKind, readVersions, skewOf } from "./versions.ts";

type CheckRequest = {
  /** Namespaces to look at; empty: all. */
  readonly namespaces: readonly string[];
  readonly operatorNamespace: string | undefined;
  /** As the operator is set: whether approvals count without proof of who gave them. */
  readonly actIdentity: "proved" | "trusted";
  /** How long an operator may take to lead, in ms. */
  readonly leaderWithinMs: number;
  readonly output: "json" | "yaml" | undefined;
};

export type CheckTools = {
  readonly client: KubeClient;
  readonly request: KubeRequest;
  readonly server: string;
  readonly context: string;
  readonly terminal: Terminal;
  readonly clock: Clock;
};

/** What is printed as data. */
export type CheckDocument = ReturnType<typeof versionsDocument> & {
  readonly cluster: string;
  readonly migrations: readonly string[];
  /** Null: not known. */
  readonly approvalsCount: boolean | null;
  readonly faults: readonly string[];
};

/** 0, or 2 with each fault and its remedy. Throws the coded error of a list that isn't allowed. */
export async function checkCluster(asked: CheckRequest, tools: CheckTools, signal: AbortSignal): Promise<number> {
  const { client, server, terminal, clock } = tools;
  const { namespaces, output } = asked;
  const migrations = await listIfServed(namespaces, client, signal);
  const counts = migrations === undefined ? [notServedWords] : describeMigrations(namespaces, migrations);
  const [versions, proved] = await Promise.all([
    readLedVersions(asked, tools, signal),
    told(client.readActIdentityProved(signal)),
  ]);
  const now = clock.now();
  const isUnproved = proved.ok && !proved.value && asked.actIdentity === "proved";
  const faults = [
    ...operatorFaults(versions),
    ...(isUnproved ? [unproved] : []),
    ...definitionFaults(versions, migrations !== undefined),
  ];
  const skew = skewOf(clientVersion, versions);
  if (output !== undefined) {
    const approvalsCount = proved.ok ? !isUnproved : null;
    const document: CheckDocument = {
      cluster: server,
      ...versionsDocument(versions, skew),
      migrations: counts,
      approvalsCount,
      faults,
    };
    terminal.data(await printValue(document, output));
  } else {
    terminal.print(`Cluster      ${clusterWord(tools)}`);
    for (const line of versionLines(versions, now)) terminal.print(line);
    for (const line of counts) terminal.print(line);
    terminal.print(approvalWords(proved, isUnproved));
    for (const each of [...skew, ...faults.map((fault) => `refused: ${fault}`)]) terminal.warn(each);
  }
  return faults.length > 0 ? exitCodes.refused : exitCodes.ok;
}

const pollEveryMs = 1000;

/** As they are once an operator leads, or at the end of the time it is given for that. */
async function readLedVersions(asked: CheckRequest, { request, clock }: CheckTools, signal: AbortSignal) {
  const { namespaces, operatorNamespace, leaderWithinMs } = asked;
  const only = namespaces.length === 1 ? namespaces[0] : undefined;
  for (const endAt = clock.elapsed() + leaderWithinMs; ; ) {
    const versions = await readVersions({ namespace: only, operatorNamespace, now: clock.now() }, request, signal);
    if (operatorFaults(versions).length === 0 || clock.elapsed() >= endAt || signal.aborted) return versions;
    await sleep(clock, pollEveryMs, signal);
  }
}

/** What a migration of this release says would be dropped in silence. */
function definitionFaults({ definitions }: ClusterVersions, isServed: boolean): string[] {
  const missing = definitions.ok ? definitions.value.missing : [];
  if (isServed && missing.length === 0) return [];
  const kinds = missing.filter(isKind);
  if (!isServed || kinds.length > 0)
    return [`definitions are missing${kinds.length === 0 ? "" : ` (${kinds.join(", ")})`}: install the chart`];
  return [
    "definitions aren't those of this program's release: upgrade the chart, which brings them, or use its plugin",
  ];
}

const unproved =
  "approvals don't count: retriever-act-identity isn't in force; install the chart with admissionPolicies.create, or set settings.actIdentity to trusted";

function approvalWords(proved: Read<boolean>, isUnproved: boolean): string {
  if (!proved.ok) return `approvals: not known whether they count: ${proved.why}`;
  if (isUnproved) return "approvals don't count: retriever-act-identity isn't in force";
  return `approvals count: retriever-act-identity is ${proved.value ? "" : "not "}in force`;
}

/** Without a leader nothing starts, and nothing is rolled back. */
export function operatorFaults({ operators }: Pick<ClusterVersions, "operators">): string[] {
  if (!operators.ok || operators.value.some(({ isLeading }) => isLeading)) return [];
  const none =
    "no operator leads: none has a lease; install the chart, or name its namespace with --operator-namespace (one of an older release, or without leader election, isn't seen)";
  const silent = "no operator leads: look at the operator's pods and their log";
  return [operators.value.length === 0 ? none : silent];
}
