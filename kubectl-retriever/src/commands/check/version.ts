// The command `version`: which release runs where, and which parts don't belong together.
import type { Read } from "@retriever/operator/core/model/workload.ts";
import type { KubeRequest } from "@retriever/operator/kube/kube-request.ts";
import { counted, sinceWord } from "@retriever/operator/page/words.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { clientVersion } from "#client-version.ts";
import { printValue } from "#output/documents.ts";
import { exitCodes } from "#output/exit-codes.ts";
import type { Terminal } from "#output/terminal.ts";
import { type ClusterVersions, type OperatorRead, readVersions, skewOf } from "./versions.ts";

type VersionRequest = {
  /** Of the sidecars; undefined: all. */
  readonly namespace: string | undefined;
  readonly operatorNamespace: string | undefined;
  readonly output: "json" | "yaml" | undefined;
};

type Tools = { readonly terminal: Terminal; readonly clock: Clock };

/** What is known without a cluster. */
export async function showClientVersion(output: VersionRequest["output"], terminal: Terminal): Promise<number> {
  if (output === undefined) terminal.print(`${title("Client")} ${clientVersion}`);
  else terminal.data(await printValue({ client: { version: clientVersion } }, output));
  return exitCodes.ok;
}

const title = (word: string) => word.padEnd(12);

/** Everything but the own version, which is printed before; 0 also where they differ. */
export async function showVersions(
  asked: VersionRequest,
  request: KubeRequest,
  { terminal, clock }: Tools,
  signal: AbortSignal,
): Promise<number> {
  const { output } = asked;
  const now = clock.now();
  const versions = await readVersions({ ...asked, now }, request, signal).catch(async (fault: unknown) => {
    if (output !== undefined) await showClientVersion(output, terminal);
    throw fault;
  });
  const skew = skewOf(clientVersion, versions);
  if (output === undefined) {
    for (const line of versionLines(versions, now)) terminal.print(line);
    for (const each of skew) terminal.warn(each);
  } else terminal.data(await printValue(versionsDocument(versions, skew), output));
  return exitCodes.ok;
}

/** A line for each part of the cluster. */
export function versionLines({ server, definitions, operators, sidecars }: ClusterVersions, now: number): string[] {
  return [
    line("API server", server, (version) => [version]),
    line("Definitions", definitions, ({ missing, unknown }) => [
      missing.length + unknown.length === 0 ? "the same fields as this program" : "other fields than this program",
    ]),
    line("Operator", operators, (found) => found.map((one) => operatorWords(one, now))),
    line("Sidecars", sidecars, (found) =>
      found.map(({ version, pods, example }) => `${version}, ${counted(pods, "pod")} such as ${example}`),
    ),
  ].flat();
}

function line<T>(name: string, read: Read<T>, words: (value: T) => readonly string[]): string[] {
  if (!read.ok) return [`${title(name)} not known: ${read.why}`];
  const [first = "none found", ...more] = words(read.value);
  return [`${title(name)} ${first}`, ...more.map((each) => `${title("")} ${each}`)];
}

function operatorWords(operator: OperatorRead, now: number): string {
  const { version, namespace, lease, leader, isLeading, renewedAt } = operator;
  const since = sinceWord(renewedAt, now);
  const leads = isLeading
    ? `${leader} leads`
    : `nobody leads${leader === "" || since === undefined ? "" : `: ${leader} fell silent ${since} ago`}`;
  return `${version === "" ? "version not told" : version}, ${leads} (lease ${namespace}/${lease})`;
}

/** `null` is what couldn't be read, and `unreadable` says why. */
export function versionsDocument(versions: ClusterVersions, skew: readonly string[]) {
  const { server, definitions, operators, sidecars } = versions;
  const value = <T>(read: Read<T>): T | null => (read.ok ? read.value : null);
  return {
    client: { version: clientVersion },
    server: server.ok ? { version: server.value } : null,
    definitions: value(definitions),
    operators: value(operators),
    sidecars: value(sidecars),
    skew,
    unreadable: Object.entries(versions).flatMap(([part, read]) => (read.ok ? [] : [{ part, why: read.why }])),
  };
}
