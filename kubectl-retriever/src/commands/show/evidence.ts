// The command `evidence`: takes it out of the cluster.
import { printChainFile, readChainFile } from "@retriever/operator/audit/chain-file.ts";
import { counted } from "@retriever/operator/page/words.ts";
import type { EvidenceReader } from "@retriever/operator/ports/audit-store.ts";
import { type Files, fileFault } from "#files/files.ts";
import { findMigration } from "#find-migration.ts";
import type { KubeClient } from "#kube-client.ts";
import { exitCodes } from "#output/exit-codes.ts";
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
  const { uid } = await findMigration(tools.client, namespace, name, signal);
  const subject = { namespace, name, uid };
  const chain = await tools.evidence.readChain(subject, signal);
  if (chain === undefined) {
    terminal.warn(`${namespace}/${name}: no evidence is kept yet`);
    return exitCodes.error;
  }
  const text = printChainFile(subject, chain);
  if (output === undefined) terminal.data(text.trimEnd());
  else {
    try {
      await tools.files.write(output, text);
    } catch (fault) {
      terminal.warn(fileFault("write", output, fault));
      return exitCodes.error;
    }
  }
  const records = counted(chain.lines.length, "record");
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
