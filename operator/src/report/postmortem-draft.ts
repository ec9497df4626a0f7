// The draft of a postmortem: what is known is filled in, what only people know is asked for.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { wantsPostmortem } from "#core/people/postmortem.ts";
import { instantWord } from "#page/words.ts";
import { escapeMarkdown } from "./markdown.ts";
import type { Comparison, Impact, StoryEntry } from "./report.ts";
import { impactLines } from "./report-words.ts";

type Facts = {
  readonly name: string;
  readonly status: MigrationStatus;
  readonly plan: MigrationSpec | undefined;
  readonly impact: Impact | null;
  readonly story: readonly StoryEntry[];
  readonly comparisons: readonly Comparison[];
};

/** What the API takes of a postmortem, in characters. */
const longest = 8192;
const mostLines = 20;

/** As Markdown; null where none is wanted. */
export function draftPostmortem(facts: Facts): string | null {
  const { status } = facts;
  const { rollback } = status;
  if (rollback === undefined || !wantsPostmortem(status)) return null;
  const causes = rollback.causes.map((cause) => `- ${escapeMarkdown(cause)}`);
  const text = [
    `# Postmortem: ${escapeMarkdown(facts.name)}, rolled back ${instantWord(rollback.at)}`,
    "",
    "## Root cause",
    "",
    `Found by the ${rollback.actor === null ? "operator" : "person who rolled back"} (${escapeMarkdown(rollback.reason)}):`,
    "",
    ...(causes.length === 0 ? ["- nothing was named"] : causes),
    "",
    "Why the destination did so: _to be filled in_",
    "",
    "## Impact",
    "",
    ...impactLines(facts.impact).map((line) => `- ${escapeMarkdown(line)}`),
    "",
    "## Timeline",
    "",
    ...timelineLines(facts),
    "",
    "## Follow-ups",
    "",
    ...followUps(facts).map((line) => `- [ ] ${line}`),
    "",
  ].join("\n");
  return text.length <= longest ? text : `${text.slice(0, longest - 2)}…\n`;
}

/** Of what is told only what moved, or called somebody; the last ones where there are many. */
function timelineLines({ story }: Facts): string[] {
  const told = story.filter(({ moved, severity }) => moved || severity !== null).slice(-mostLines);
  return told.map(
    ({ at, label, reason, message }) =>
      `- ${instantWord(at)} ${label}, ${reason}: ${escapeMarkdown(message.slice(0, 160))}`,
  );
}

function followUps({ name, status, plan, comparisons }: Facts): string[] {
  const due = plan === undefined ? undefined : dueAt(status, plan);
  const differs = comparisons.some(({ purpose, report }) => purpose === "Rollback" && report !== null);
  const recorded = status.postmortem;
  return [
    "Say who owns this, and what has to change before another attempt.",
    "Fix the cause at the destination, and say how it is proved to be gone.",
    ...(differs ? ["Correct what was written to the destination alone: the comparison's ConfigMap has the ids."] : []),
    ...(status.rollback?.baseline === "Differs"
      ? ["The source doesn't do as before the migration: find out why."]
      : []),
    recorded === undefined
      ? `Record this${due === undefined ? "" : ` by ${due}`}: kubectl retriever postmortem ${escapeMarkdown(name.replace(/^.*\//, ""))} --file FILE --reason TEXT`
      : `Recorded by ${escapeMarkdown(recorded.actor)} at ${recorded.at}.`,
  ];
}

function dueAt({ rollback }: MigrationStatus, { communications }: MigrationSpec): string | undefined {
  const at = Date.parse(rollback?.at ?? "");
  return Number.isNaN(at)
    ? undefined
    : new Date(at + durationSeconds(communications.postmortemDue) * 1000).toISOString();
}
