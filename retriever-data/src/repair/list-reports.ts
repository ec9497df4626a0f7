// The files that a repair works from: the one that is named, or those of a folder.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** As a run leaves its report. */
const ownName = "report.json";
/** As the operator names the report of a partition. */
const reportName = /^report-(0|[1-9]\d{0,3})\.json$/;
/** More than an Indexed Job of verifications may have. */
const mostReports = 256;

/** Files in the order of their partitions, without a gap. Throws what `refuse` makes of the reason. */
export function listReports(
  place: string,
  refuse: (message: string, cause?: unknown) => Error,
): readonly [string, ...string[]] {
  const names = namesIn(place, refuse);
  if (names === null) return [place];
  const numbers = names.flatMap((name) => reportName.exec(name)?.[1] ?? []).map(Number);
  const sorted = numbers.toSorted((a, b) => a - b);
  const [first, ...others] = sorted.map((number) => join(place, `report-${number}.json`));
  if (first === undefined && names.includes(ownName)) return [join(place, ownName)];
  if (first === undefined) throw refuse(`${place}: expected ${ownName} or report-0.json, found no report`);
  if (sorted.length > mostReports) throw refuse(`${place}: expected at most ${mostReports} reports`);
  const gap = sorted.findIndex((number, index) => number !== index);
  if (gap >= 0) throw refuse(`${place}: expected report-${gap}.json, found none`);
  return [first, ...others];
}

/** Null of a file, and of what isn't there: reading it says so. */
function namesIn(place: string, refuse: (message: string, cause?: unknown) => Error): readonly string[] | null {
  try {
    if (!(statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false)) return null;
    return readdirSync(place);
  } catch (error) {
    throw refuse(`${place}: expected a readable file or folder`, error);
  }
}
