// The processes of a group as one text: some 14 characters each instead of 31.
import { TextReader, TextWriter } from "./number-text.ts";

const version = 1;
const mostProcesses = 1500;
const hexOfId = 8;
const hexOfStart = 4;
/** 48 bits, six in each character. */
const identityLength = 8;
/** As a process is written out: id, start, end of its newest judged bin, samples at stake, since when it is silent. */
const printed = /^([0-9a-f]{8}) ([0-9a-f]{4}) (\d{1,12}) (\d[\d.e+-]{0,24})(?: (\d{1,12}))?$/;

/** Moments are written as seconds before this one, epoch seconds. A process of another form is kept as the text it is. */
export function packProcesses(processes: readonly string[], recordedSeconds: number): string {
  const out = new TextWriter();
  out.count(version);
  out.count(processes.length);
  for (const process of processes) {
    const parts = printed.exec(process);
    out.count(parts === null ? 0 : parts[5] === undefined ? 1 : 2);
    if (parts === null) {
      out.words(process);
      continue;
    }
    const [, id = "", start = "", binsUntil = "", atStake = "", silentSince] = parts;
    out.fixed(Number.parseInt(id + start, 16), identityLength);
    out.whole(recordedSeconds - Number(binsUntil));
    out.decimal(Number(atStake));
    if (silentSince !== undefined) out.whole(recordedSeconds - Number(silentSince));
  }
  return out.text;
}

/** Throws RangeError for a text that no version wrote. */
export function unpackProcesses(text: string, recordedSeconds: number): string[] {
  const from = new TextReader(text);
  if (from.count() !== version) throw new RangeError("processes as another version packs them");
  const length = from.count();
  if (length > mostProcesses) throw new RangeError(`${length} processes`);
  const processes = Array.from({ length }, () => readProcess(from, recordedSeconds));
  if (!from.isAtEnd) throw new RangeError("more than the processes");
  return processes;
}

function readProcess(from: TextReader, recordedSeconds: number): string {
  const form = from.count();
  if (form === 0) return from.words(80);
  const identity = from
    .fixed(identityLength)
    .toString(16)
    .padStart(hexOfId + hexOfStart, "0");
  const parts = [identity.slice(0, hexOfId), identity.slice(hexOfId), recordedSeconds - from.whole(), from.decimal()];
  return (form === 1 ? parts : [...parts, recordedSeconds - from.whole()]).join(" ");
}
