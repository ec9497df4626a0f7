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
/** Most causes and most lines of the timeline, and the longest of each in characters; fewer until the draft fits. */
const sizes = [
  { most: 20, characters: 1024 },
  { most: 20, characters: 160 },
  { most: 10, characters: 120 },
  { most: 5, characters: 80 },
  { most: 2, characters: 40 },
] as const;
type Size = (typeof sizes)[number];

/** As Markdown; null where none is wanted. */
export function draftPostmortem(facts: Facts): string | null {
  const { rollback } = facts.status;
  if (rollback === undefined || !wantsPostmortem(facts.status)) return null;
  let text = "";
  for (const size of sizes) {
    text = draftOf(facts, rollback, size);
    if (text.length <= longest) break;
  }
  return text;
}

function draftOf(facts: Facts, rollback: NonNullable<MigrationStatus["rollback"]>, size: Size): string {
  const causes = rollback.causes.slice(0, size.most).map((cause) => `- ${escapeMarkdown(cut(cause, size))}`);
  const left = rollback.causes.length - causes.length;
  return [
    `# Postmortem: ${escapeMarkdown(facts.name)}, rolled back ${instantWord(rollback.at)}`,
    "",
    "## Root cause",
    "",
    `Found by the ${rollback.actor === null ? "operator" : "person who rolled back"} (${escapeMarkdown(rollback.reason)}):`,
    "",
    ...(causes.length === 0 ? ["- nothing was named"] : causes),
    ...(left > 0 ? [`- and ${left} more, which the report has`] : []),
    "",
    "Why the destination did so: _to be filled in_",
    "",
    "## Impact",
    "",
    ...impactLines(facts.impact).map((line) => `- ${escapeMarkdown(line)}`),
    "",
    "## Timeline",
    "",
    ...timelineLines(facts, size),
    "",
    "## Follow-ups",
    "",
    ...followUps(facts).map((line) => `- [ ] ${line}`),
    "",
  ].join("\n");
}

function cut(text: string, { characters }: Size): string {
  const whole = Array.from(text);
  return whole.length <= characters ? text : `${whole.slice(0, characters - 1).join("")}…`;
}

/** Of what is told only what moved, or called somebody; the last ones where there are many. */
function timelineLines({ story }: Facts, size: Size): string[] {
  const told = story.filter(({ moved, severity }) => moved || severity !== null).slice(-size.most);
  return told.map(
    ({ at, label, reason, message }) =>
      `- ${instantWord(at)} ${label}, ${reason}: ${escapeMarkdown(cut(message, size))}`,
  );
}

function followUps({ name, status, plan, comparisons }: Facts): string[] {
  const due = plan === undefined ? undefined : dueAt(status, plan);
  const differs = comparisons.some(({ purpose, report }) => purpose === "Rollback" && report !== null);
  const recorded = status.postmortem;
  const [namespace = "", migration = ""] = name.split("/").map(escapeMarkdown);
  return [
    "Say who owns this, and what has to change before another attempt.",
    "Fix the cause at the destination, and say how it is proved to be gone.",
    ...(differs ? ["Correct what was written to the destination alone: the comparison's ConfigMap has the ids."] : []),
    ...(status.rollback?.baseline === "Differs"
      ? ["The source doesn't do as before the migration: find out why."]
      : []),
    recorded === undefined
      ? `Record this${due === undefined ? "" : ` by ${due}`}: kubectl retriever postmortem ${migration} -n ${namespace} --file FILE --reason TEXT`
      : `Recorded by ${escapeMarkdown(recorded.actor)} at ${recorded.at}.`,
  ];
}

function dueAt({ rollback }: MigrationStatus, { communications }: MigrationSpec): string | undefined {
  const at = Date.parse(rollback?.at ?? "");
  return Number.isNaN(at)
    ? undefined
    : new Date(at + durationSeconds(communications.postmortemDue) * 1000).toISOString();
}
