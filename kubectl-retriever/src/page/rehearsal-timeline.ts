// A rehearsal as the data of a timeline.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { gateCurves, stretchesOf } from "@retriever/operator/page/gate-curves.ts";
import type { Mark, TimelineData } from "@retriever/operator/page/timeline-data.ts";
import { clockWord } from "@retriever/operator/page/words.ts";
import type { Entry, Rehearsal } from "#rehearse/rehearsal.ts";
import { phaseWord } from "#rehearse/render-text.ts";
import { decisionsOf, summarise } from "#rehearse/summary.ts";

export function timelineOf(plan: MigrationSpec, rehearsal: Rehearsal): TimelineData {
  const { entries, points } = rehearsal;
  const moves = decisionsOf(rehearsal).filter(({ moved }) => moved);
  const stretches = stretchesOf(
    moves.map((move) => ({ phase: move.phase, label: phaseWord(move), seconds: move.seconds })),
    rehearsal.seconds,
    rehearsal.status.phase,
  );
  const path = stretches.map(({ label }) => label).join(", then ");
  return {
    id: "timeline",
    title: "Timeline of the rehearsal",
    description: `${path}. ${summarise(rehearsal)}. Every mark is a line of the table below.`,
    clock: "virtual time",
    stretches,
    serves: points,
    curves: gateCurves(plan, points),
    marks: entries.flatMap((entry, index) => (isShown(entry) ? [markOf(entry, index + 1)] : [])),
    bands: bandsOf(entries),
  };
}

/** Decisions that are shown: transitions, and what somebody had to be told. */
export function isShown(entry: Entry): boolean {
  return entry.kind === "event" || entry.moved || entry.announcements.length > 0;
}

export function kindOf(entry: Entry): Mark["kind"] {
  if (entry.kind === "event") return "event";
  return entry.announcements.some(({ severity }) => severity === "page") ? "alarm" : "decision";
}

function markOf(entry: Entry, number: number): Mark {
  const what = entry.kind === "event" ? entry.what : `${entry.phase}, ${entry.reason}: ${entry.message}`;
  const { seconds } = entry;
  return { number, seconds, kind: kindOf(entry), words: `${clockWord(seconds)} ${what}` };
}

/** From each event that ends by itself to its end. */
function bandsOf(entries: readonly Entry[]): TimelineData["bands"] {
  const events = entries.filter((entry) => entry.kind === "event");
  return events.flatMap((begin) => {
    const end = events.find((one) => one.ends && one.what === `${begin.what} (over)` && one.seconds >= begin.seconds);
    return begin.ends || end === undefined ? [] : [{ from: begin.seconds, to: end.seconds }];
  });
}
