// The command `check`: whether a cluster is fit for migrations. What may not be read is told and holds nothing up.
import type { Read } from "@retriever/operator/core/model/workload.ts";
import type { KubeRequest } from "@retriever/operator/kube/kube-request.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { clientVersion } from "#client-version.ts";
import type { KubeClient } from "#kube-client.ts";
import { printValue } from "#output/documents.ts";
import { exitCodes } from "#output/exit-codes.ts";
import type { Terminal } from "#output/terminal.ts";
import { describeMigrations, listIn } from "./check-idle.ts";
import { versionLines, versionsDocument } from "./version.ts";
import { type ClusterVersions, readVersions, skewOf, told } from "./versions.ts";

type CheckRequest = {
  /** Namespaces to look at; empty: all. */
  readonly namespaces: readonly string[];
  readonly operatorNamespace: string | undefined;
  /** As the operator is set: whether approvals count without proof of who gave them. */
  readonly actIdentity: "proved" | "trusted";
  readonly output: "json" | "yaml" | undefined;
};

export type CheckTools = {
  readonly client: KubeClient;
  readonly request: KubeRequest;
  readonly server: string;
  readonly terminal: Terminal;
  readonly clock: Clock;
};

/** 0, or 2 with each fault and its remedy. Throws the coded error of a list that isn't allowed or not served. */
export async function checkCluster(asked: CheckRequest, tools: CheckTools, signal: AbortSignal): Promise<number> {
  const { client, request, server, terminal, clock } = tools;
  const { namespaces, output } = asked;
  const now = clock.now();
  const only = namespaces.length === 1 ? namespaces[0] : undefined;
  const migrations = await listIn(namespaces, client, signal);
  const [versions, proved] = await Promise.all([
    readVersions({ namespace: only, operatorNamespace: asked.operatorNamespace, now }, request, signal),
    told(client.readActIdentityProved(signal)),
  ]);
  const isUnproved = proved.ok && !proved.value && asked.actIdentity === "proved";
  const faults = [...operatorFaults(versions), ...(isUnproved ? [unproved] : []), ...definitionFaults(versions)];
  const skew = skewOf(clientVersion, versions);
  if (output !== undefined) {
    const counts = describeMigrations(namespaces, migrations);
    const approvalsCount = proved.ok ? !isUnproved : null;
    const document = {
      cluster: server,
      ...versionsDocument(versions, skew),
      migrations: counts,
      approvalsCount,
      faults,
    };
    terminal.data(await printValue(document, output));
  } else {
    terminal.print(`Cluster      ${server}`);
    for (const line of versionLines(versions, now)) terminal.print(line);
    for (const line of describeMigrations(namespaces, migrations)) terminal.print(line);
    terminal.print(approvalWords(proved, isUnproved));
    for (const each of [...skew, ...faults.map((fault) => `refused: ${fault}`)]) terminal.warn(each);
  }
  return faults.length > 0 ? exitCodes.refused : exitCodes.ok;
}

/** What a migration of this release says would be dropped in silence. */
function definitionFaults({ definitions }: ClusterVersions): string[] {
  return definitions.ok && definitions.value.missing.length > 0 ? ["the definitions are older than this program"] : [];
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
