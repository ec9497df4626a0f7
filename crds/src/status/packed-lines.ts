// Lines of harm as one text. Where most of 72 lines have a clock and twelve groups, written out they would be larger than a
// status may be; packed, each is some 150 characters.
import { type CauseClock, type HarmLine, harmLines, type SevereRun } from "./harm-status.ts";
import { TextReader, TextWriter } from "./number-text.ts";

/** What the first character says: another version's text isn't read. */
const version = 1;
const mostLines = 100;
const mostGroups = 12;
const mostPlaces = 7;
const mostLogs = 8;
const mostPods = 10;
const mostUidLength = 253;
/** Sums are kept to 1 in 10,000. */
const logUnit = 1e4;
const verdicts = ["waiting", "worse", "unproved", "unseen"] as const;

/** Instants are written as what lies between them and this one, ISO. */
export function packLines(lines: readonly HarmLine[], until: string): string {
  const out = new TextWriter();
  out.count(version);
  out.count(lines.length);
  for (const line of lines) writeLine(out, line, Date.parse(until));
  return out.text;
}

/** Throws RangeError for a text that no version wrote. */
export function unpackLines(text: string, until: string): HarmLine[] {
  const from = new TextReader(text);
  if (from.count() !== version) throw new RangeError("lines of harm as another version packs them");
  const lines = Array.from({ length: atMost(from.count(), mostLines) }, () => readLine(from, Date.parse(until)));
  if (!from.isAtEnd) throw new RangeError("more than the lines of harm");
  return lines;
}

function writeLine(out: TextWriter, line: HarmLine, untilMs: number): void {
  const { slice, limit, bad, n, evidence, logs, clock, run, groups } = line;
  out.count(harmLines.indexOf(line.line));
  out.count(slice === null ? 0 : slice + 1);
  for (const value of [limit, bad, n, evidence]) out.decimal(value);
  out.count(logs.length);
  for (const log of logs) out.whole(Math.round(log * logUnit));
  out.count((clock === undefined ? 0 : 1) + (run === undefined ? 0 : 2) + (groups === undefined ? 0 : 4));
  if (clock !== undefined) writeClock(out, clock, untilMs);
  if (run !== undefined) writeRun(out, run, untilMs);
  if (groups !== undefined) writeGroups(out, groups);
}

function readLine(from: TextReader, untilMs: number): HarmLine {
  const line = harmLines[from.count()];
  if (line === undefined) throw new RangeError("a line of harm that this version doesn't know");
  const place = from.count();
  const slice = place === 0 ? null : place - 1;
  const [limit, bad, n, evidence] = [from.decimal(), from.decimal(), from.decimal(), from.decimal()];
  const logs = Array.from({ length: atMost(from.count(), mostLogs) }, () => from.whole() / logUnit);
  const parts = from.count();
  const has = (part: number): boolean => Math.floor(parts / part) % 2 === 1;
  return {
    line,
    slice,
    limit,
    bad,
    n,
    evidence,
    logs,
    ...(has(1) ? { clock: readClock(from, untilMs) } : {}),
    ...(has(2) ? { run: readRun(from, untilMs) } : {}),
    ...(has(4) ? { groups: readGroups(from) } : {}),
  };
}

function writeClock(out: TextWriter, clock: CauseClock, untilMs: number): void {
  const { since, seenAt, partFrom, share, bad, n, sourceBad, sourceN, partBad, partN, partSquares } = clock;
  for (const instant of [since, seenAt, partFrom]) writeInstant(out, instant, untilMs);
  for (const value of [share, bad, n, sourceBad, sourceN, partBad, partN, partSquares]) out.decimal(value);
  out.count(clock.parts);
  out.count(verdicts.indexOf(clock.verdict));
  out.count(clock.shared === undefined ? 0 : 1);
  if (clock.shared !== undefined) out.decimal(clock.shared);
}

function readClock(from: TextReader, untilMs: number): CauseClock {
  const [since, seenAt, partFrom] = [instant(from, untilMs), instant(from, untilMs), instant(from, untilMs)];
  const [share, bad, n] = [from.decimal(), from.decimal(), from.decimal()];
  const [sourceBad, sourceN] = [from.decimal(), from.decimal()];
  const [partBad, partN, partSquares] = [from.decimal(), from.decimal(), from.decimal()];
  const parts = from.count();
  const verdict = verdicts[from.count()];
  if (verdict === undefined) throw new RangeError("a verdict that this version doesn't know");
  const shared = from.count() === 0 ? {} : { shared: from.decimal() };
  const counts = { share, bad, n, sourceBad, sourceN, partFrom, partBad, partN };
  return { since, ...counts, ...shared, parts, seenAt, partSquares, verdict };
}

function writeRun(out: TextWriter, run: SevereRun, untilMs: number): void {
  writeInstant(out, run.from, untilMs);
  const { requests, failures, sourceBad, sourceN, failingSeconds, partBad, partN, pods } = run;
  for (const value of [requests, failures, sourceBad, sourceN, failingSeconds, partBad, partN]) out.decimal(value);
  out.count(pods.length);
  for (const pod of pods) out.words(pod);
}

function readRun(from: TextReader, untilMs: number): SevereRun {
  const begun = instant(from, untilMs);
  const [requests, failures, sourceBad] = [from.decimal(), from.decimal(), from.decimal()];
  const [sourceN, failingSeconds] = [from.decimal(), from.decimal()];
  const [partBad, partN] = [from.decimal(), from.decimal()];
  const pods = Array.from({ length: atMost(from.count(), mostPods) }, () => from.words(mostUidLength));
  return { from: begun, requests, failures, sourceBad, sourceN, failingSeconds, partBad, partN, pods };
}

function writeGroups(out: TextWriter, groups: NonNullable<HarmLine["groups"]>): void {
  out.count(groups.length);
  for (const counted of groups) {
    const told = counted.findLastIndex((value) => value !== 0) + 1;
    out.count(counted.length * (mostPlaces + 1) + told);
    for (const value of counted.slice(0, told)) out.decimal(value);
  }
}

function readGroups(from: TextReader): number[][] {
  return Array.from({ length: atMost(from.count(), mostGroups) }, () => {
    const lengths = from.count();
    const told = lengths % (mostPlaces + 1);
    const length = atMost(Math.floor(lengths / (mostPlaces + 1)), mostPlaces);
    return Array.from({ length }, (_, place) => (place < told ? from.decimal() : 0));
  });
}

function writeInstant(out: TextWriter, instant: string, untilMs: number): void {
  out.decimal((Date.parse(instant) - untilMs) / 1000);
}

function instant(from: TextReader, untilMs: number): string {
  return new Date(untilMs + Math.round(from.decimal() * 1000)).toISOString();
}

function atMost(count: number, most: number): number {
  if (count > most) throw new RangeError(`${count} where ${most} is the most`);
  return count;
}
