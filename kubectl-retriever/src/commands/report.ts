// The command `report`: what a migration did, as one file for people. From the evidence alone, in a cluster or in a file.
import { openChainFile } from "@retriever/operator/audit/chain-file.ts";
import type { AuditSubject, EvidenceReader, KeptChain } from "@retriever/operator/ports/audit-store.ts";
import { readReport } from "@retriever/operator/report/read-report.ts";
import type { Report } from "@retriever/operator/report/report.ts";
import { renderReportPage } from "@retriever/operator/report/report-html.ts";
import { renderReportMarkdown } from "@retriever/operator/report/report-markdown.ts";
import { type Files, fileFault } from "#files/files.ts";
import type { KubeClient } from "#kube-client.ts";
import { exitCodes } from "#output/exit-codes.ts";
import { viewMigration } from "#output/migration-view.ts";
import type { Terminal } from "#output/terminal.ts";

type ReportForm = "html" | "md" | "json";

type Output = {
  readonly form: ReportForm;
  /** File to write; the standard output when undefined. */
  readonly file: string | undefined;
};
type ReportTools = { readonly files: Files; readonly terminal: Terminal };
type ClusterTools = ReportTools & { readonly client: KubeClient; readonly evidence: EvidenceReader };

const renderings: Readonly<Record<ReportForm, (report: Report) => string>> = {
  html: renderReportPage,
  md: renderReportMarkdown,
  json: (report) => `${JSON.stringify(report, undefined, 2)}\n`,
};

/** 0 when the evidence is intact, 2 when its chain is broken (the report says so), 1 when there is none. */
export async function reportMigration(
  asked: { readonly namespace: string; readonly name: string; readonly output: Output },
  tools: ClusterTools,
  signal: AbortSignal,
): Promise<number> {
  const { namespace, name, output } = asked;
  const { uid } = viewMigration(await tools.client.readMigration(namespace, name, signal));
  const subject = { namespace, name, uid };
  const chain = await tools.evidence.readChain(subject, signal);
  if (chain === undefined) {
    tools.terminal.warn(`${namespace}/${name}: no evidence is kept yet`);
    return exitCodes.error;
  }
  return writeReport(subject, chain, output, tools);
}

/** The same from what `evidence` or `rehearse --evidence` wrote. */
export async function reportFile(path: string, output: Output, tools: ReportTools): Promise<number> {
  let text: string;
  try {
    text = await tools.files.read(path);
  } catch (fault) {
    tools.terminal.warn(fileFault("read", path, fault));
    return exitCodes.error;
  }
  return writeReportOf(text, path, output, tools);
}

/** The report of a file that was read. */
export async function writeReportOf(text: string, path: string, output: Output, tools: ReportTools): Promise<number> {
  const opened = openChainFile(text);
  if (opened === undefined) {
    tools.terminal.warn(`${path}: it doesn't begin like an evidence file`);
    return exitCodes.error;
  }
  return writeReport(opened.migration, opened.chain, output, tools);
}

async function writeReport(
  subject: AuditSubject,
  chain: KeptChain,
  { form, file }: Output,
  { files, terminal }: ReportTools,
): Promise<number> {
  const report = readReport(subject, chain);
  const named = `${subject.namespace}/${subject.name}`;
  if (report === undefined) {
    terminal.warn(`${named}: no record of the evidence can be read`);
    return exitCodes.error;
  }
  const text = renderings[form](report);
  if (file === undefined) terminal.data(text.trimEnd());
  else {
    try {
      await files.write(file, text);
    } catch (fault) {
      terminal.warn(fileFault("write", file, fault));
      return exitCodes.error;
    }
    terminal.print(`${report.result.headline}. Written to ${file}.`);
  }
  const { fault } = report.evidence;
  if (fault === null) return exitCodes.ok;
  terminal.warn(`${named}: chain broken: ${fault}; the report says so`);
  return exitCodes.refused;
}
