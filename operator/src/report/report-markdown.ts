// The report as Markdown, for a ticket, a pull request or a repository.
import { instantWord } from "#page/words.ts";
import { escapeMarkdown, markdownBlock, markdownTable } from "./markdown.ts";
import type { Artifact, Report } from "./report.ts";
import { evidenceLine, impactLines, summaryLine, tablesOf } from "./report-words.ts";

export function renderReportMarkdown(report: Report): string {
  const { migration, result, source, destination, postmortem, story, storyLeftOut } = report;
  const name = `${migration.namespace}/${migration.name}`;
  const entries = story.map(({ number, at, label, reason, message }) => [
    String(number),
    instantWord(at),
    label,
    reason,
    message,
  ]);
  const lines = [
    `# Report of ${escapeMarkdown(name)}`,
    "",
    `**${escapeMarkdown(result.headline)}**`,
    "",
    `${escapeMarkdown(source)} to ${escapeMarkdown(destination)}. ${escapeMarkdown(summaryLine(report))}`,
    "",
    escapeMarkdown(evidenceLine(report)),
    ...tablesOf(report).flatMap(({ title, note, table }) => [
      ...heading(title),
      ...(note === "" ? [] : [escapeMarkdown(note), ""]),
      ...(table.rows.length === 0
        ? []
        : markdownTable(
            table.columns.map(({ title }) => title),
            table.rows.map(({ cells }) => cells),
          )),
    ]),
    ...heading("Decisions"),
    ...(storyLeftOut === 0 ? [] : [`${storyLeftOut} more are left out; the evidence has them.`, ""]),
    ...markdownTable(["#", "time", "phase", "reason", "what"], entries),
    ...heading("Impact on users"),
    ...impactLines(report.impact).map((line) => `- ${escapeMarkdown(line)}`),
    ...heading("Artifacts to update"),
    ...report.artifacts.flatMap(artifact),
    ...(postmortem === null ? [] : [...heading("Postmortem, a draft"), ...markdownBlock("markdown", postmortem)]),
  ];
  return `${lines.join("\n")}\n`;
}

function heading(title: string): string[] {
  return ["", `## ${escapeMarkdown(title)}`, ""];
}

function artifact({ title, state, note, content }: Artifact): string[] {
  const box = state === "open" ? "[ ]" : "[x]";
  const words = state === "nothing to do" ? "nothing to do. " : "";
  const block =
    content === null ? [] : ["", ...markdownBlock(content.language, content.text).map((line) => `  ${line}`), ""];
  return [`- ${box} **${escapeMarkdown(title)}**: ${words}${escapeMarkdown(note)}`, ...block];
}
