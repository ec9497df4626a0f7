// The check window: nothing starts or cuts over outside of the agreed window. A rollback ignores it.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Fact } from "../model/status-readings.ts";
import { localTime, openingAt } from "./calendar.ts";

/** The check at an instant in epoch ms. */
export function judgeWindow({ checklist: { window } }: MigrationSpec, now: number): Fact {
  const { timeZone, start, end, days } = window;
  const opening = openingAt({ timeZone, from: start, to: end }, days, now);
  if (opening.isOpen) {
    return { status: "True", reason: "WindowOpen", message: `open until ${localTime(opening.closesAt, timeZone)}` };
  }
  const next = opening.opensAt === undefined ? "in no near time" : `at ${localTime(opening.opensAt, timeZone)}`;
  return {
    status: "False",
    reason: "WindowClosed",
    message: `outside the window (${days.join(", ")} ${start} to ${end} ${timeZone}); it opens next ${next}`,
  };
}
