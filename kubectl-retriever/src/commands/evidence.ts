// The commands `evidence` and `replay`: take the evidence out of the cluster, and prove it without one.

import { printChainFile, readChainFile } from "@retriever/operator/audit/chain-file.ts";
import { type Replayed, replay } from "@retriever/operator/audit/replay.ts";
import { decide } from "@retriever/operator/core/decide.ts";
import type { EvidenceReader } from "@retriever/operator/ports/audit-store.ts";
import { type Files, fileFault } from "#files/files.ts";
import type { KubeClient } from "#kube-client.ts";
import { exitCodes } from "#output/exit-codes.ts";
import { viewMigration } from "#output/migration-view.ts";
import type { Terminal } from "#output/terminal.ts";

type EvidenceRequest = {
  readonly namespace: string;
  readonly name: string;
  readonly output: string | undefined;
};
type EvidenceTools = {
  readonly client: KubeClient;
  readonly evidence: EvidenceReader;
  readonly files: Files;
  readonly terminal: Terminal;
};

/** Writes the chain of a migration as JSON lines, intact or not, and exits with 2 when it isn't. */
export async function collectEvidence(
  asked: EvidenceRequest,
  tools: EvidenceTools,
  signal: AbortSignal,
): Promise<number> {
  const { terminal } = tools;
  const { namespace, name, output } = asked;
  const { uid } = viewMigration(await tools.client.readMigration(namespace, name, signal));
  const subject = { namespace, name, uid };
  const chain = await tools.evidence.readChain(subject, signal);
  if (chain === undefined) {
    terminal.warn(`${namespace}/${name}: no evidence is kept yet`);
    return exitCodes.error;
  }
  const text = printChainFile(subject, chain);
  if (output === undefined) terminal.print(text.trimEnd());
  else {
    try {
      await tools.files.write(output, text);
    } catch (fault) {
      terminal.warn(fileFault("write", output, fault));
      return exitCodes.error;
    }
  }
  const records = `${chain.lines.length} records`;
  const fault = faultOf(text) ?? (chain.after === null || chain.end === null ? "an end can't be read" : undefined);
  terminal.warn(`${namespace}/${name}: ${records}, ${fault === undefined ? "chain intact" : `chain broken: ${fault}`}`);
  return fault === undefined ? exitCodes.ok : exitCodes.refused;
}

function faultOf(text: string): string | undefined {
  const file = readChainFile(text);
  if (!file.ok) return file.fault;
  const broken = file.links.find(({ fault }) => fault !== undefined);
  return broken === undefined ? file.endFault : `record ${broken.seq}: ${broken.fault}`;
}

/** Proves a file and decides everything in it again: 0 when all of it holds, 2 when not, 1 when it can't be read. */
export async function replayFile(path: string, files: Files, terminal: Terminal): Promise<number> {
  let text: string;
  try {
    text = await files.read(path);
  } catch (fault) {
    terminal.warn(fileFault("read", path, fault));
    return exitCodes.error;
  }
  const replayed = replay(text, decide);
  const { fault } = replayed;
  for (const gap of replayed.gaps)
    terminal.warn(`a decision is not on record ${gap}; the operator ended before keeping it`);
  if (fault === undefined) {
    terminal.print(summarise(replayed));
    return exitCodes.ok;
  }
  const where = fault.seq === null ? "" : `record ${fault.seq}, `;
  terminal.print(`${where}line ${fault.line}: ${fault.message}`);
  terminal.print(
    `${replayed.records} records before it hold, ${replayed.rederived} decisions re-derived, chain broken`,
  );
  return exitCodes.refused;
}

function summarise({ records, rederived, tooLarge, missing, dropped, repeated }: Replayed): string {
  const parts = [`${records} records`, `${rederived} decisions re-derived`, "chain intact"];
  if (tooLarge > 0) parts.push(`${tooLarge} decisions too large to be re-derived`);
  if (missing > 0) parts.push(`${missing} records could not be kept`);
  if (dropped > 0) parts.push(`${dropped} older ones dropped`);
  if (repeated > 0) parts.push(`${repeated} repeated`);
  return parts.join(", ");
}
