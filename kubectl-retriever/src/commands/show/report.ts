// The command `report`: what a migration did, as one file for people. From the evidence alone, in a cluster or in a file.
import { openChainFile } from "@retriever/operator/audit/chain-file.ts";
import { runsNothing } from "@retriever/operator/page/document.ts";
import type { AuditSubject, EvidenceReader, KeptChain, ReportFiles } from "@retriever/operator/ports/audit-store.ts";
import { readReport } from "@retriever/operator/report/read-report.ts";
import type { Report } from "@retriever/operator/report/report.ts";
import { renderReportPage } from "@retriever/operator/report/report-html.ts";
import { renderReportMarkdown } from "@retriever/operator/report/report-markdown.ts";
import { type Files, fileFault } from "#files/files.ts";
import { findMigration } from "#find-migration.ts";
import type { KubeClient } from "#kube-client.ts";
import { exitCodes } from "#output/exit-codes.ts";
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

type Asked = { readonly namespace: string; readonly name: string; readonly output: Output };

/** 0 when the evidence is intact, 2 when its chain is broken (the report says so) or only the report is left, 1 when nothing is. */
export async function reportMigration(asked: Asked, tools: ClusterTools, signal: AbortSignal): Promise<number> {
  const { namespace, name, output } = asked;
  const { uid } = await findMigration(tools.client, namespace, name, signal);
  const subject = { namespace, name, uid };
  const chain = await tools.evidence.readChain(subject, signal);
  if (chain === undefined) return writeKept(await tools.evidence.readReport(subject, signal), asked, tools);
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
  const written = await put(renderings[form](report), { form, file }, { files, terminal });
  if (written !== exitCodes.ok) return written;
  if (file !== undefined) terminal.print(`${report.result.headline}. Written to ${file}.`);
  const { fault } = report.evidence;
  if (fault === null) return exitCodes.ok;
  terminal.warn(`${named}: chain broken: ${fault}; the report says so`);
  return exitCodes.refused;
}

/** Where the evidence is gone: what the operator wrote at the end, which nothing proves any more. */
async function writeKept(kept: ReportFiles | undefined, asked: Asked, tools: ReportTools): Promise<number> {
  const { namespace, name, output } = asked;
  const named = `${namespace}/${name}`;
  const text = kept?.[`report.${output.form}`] ?? "";
  if (text === "") {
    const why = kept === undefined ? "no evidence is kept yet" : `the evidence is gone, and no ${output.form} was kept`;
    tools.terminal.warn(`${named}: ${why}`);
    return exitCodes.error;
  }
  if (output.form === "html" && !runsNothing(text)) {
    tools.terminal.warn(`${named}: the page that is kept was altered: a browser might run it; ask for md or json`);
    return exitCodes.refused;
  }
  const written = await put(text, output, tools);
  if (written !== exitCodes.ok) return written;
  tools.terminal.warn(
    `${named}: the evidence is gone: this is what the operator kept at the end, and nothing proves it`,
  );
  return exitCodes.refused;
}

async function put(text: string, { file }: Output, { files, terminal }: ReportTools): Promise<number> {
  if (file === undefined) terminal.data(text.trimEnd());
  else {
    try {
      await files.write(file, text);
    } catch (fault) {
      terminal.warn(fileFault("write", file, fault));
      return exitCodes.error;
    }
  }
  return exitCodes.ok;
}
