// Numbers and times in words, ASCII only, the same on every machine.
import { printDuration } from "@retriever/crds/fields/duration.ts";
import { plural } from "@retriever/stores/values/plural.ts";

/** 0.0123 -> `1.2 %`; `-` for nothing. */
export function shareWord(share: number | null): string {
  return share === null ? "-" : `${digits(share * 100)} %`;
}

/** To three digits: 0.02 -> `2 %`, 0.0123 -> `1.23 %`. For what a plan says; `shareWord` is for what was measured. */
export function percentWord(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

/** `Ramp 2, 5 %`: the phase, and while it samples the stage, from 1, and its rate. */
export function stageWord(phase: string, stage: number | null, sampleRate: number): string {
  const samples = phase === "WarmUp" || phase === "Ramp";
  return samples && stage !== null ? `${phase} ${stage}, ${percentWord(sampleRate)}` : phase;
}

/** Virtual time: 23712.4 -> `T+06:35:12`; hours go on counting beyond a day. */
export function clockWord(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `T+${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** `2026-03-02 08:00:00Z`; what is no instant as it is. */
export function instantWord(at: string): string {
  return at.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(\.\d+)?Z$/, "$1 $2Z");
}

/** 1134567 -> `1,134,567`. */
export function countWord(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 migration`, `2 migrations`, `12,345 migrations`. */
export function counted(count: number, one: string): string {
  return `${countWord(count)} ${plural(count, one)}`;
}

/** The two largest units: 2 h 5 m 9 s -> `2h5m`, 49 h -> `49h`. */
export function spanWord(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole >= 3600) return printDuration(whole - (whole % 60));
  return printDuration(whole);
}

/** What is expected to take so long, never rounded down: whole minutes from an hour on; null is `never`. */
export function timeWord(seconds: number | null): string {
  if (seconds === null) return "never";
  const unit = seconds >= 3600 ? 60 : 1;
  return printDuration(Math.ceil(Number((seconds / unit).toFixed(6))) * unit);
}

/** Time since an instant; undefined when there is none. */
export function sinceWord(instant: string | undefined, now: number): string | undefined {
  const at = Date.parse(instant ?? "");
  return Number.isNaN(at) ? undefined : spanWord((now - at) / 1000);
}

/** At most `width` characters, on one line, without anything a terminal would obey. */
export function clipped(text: string, width: number): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 3))}...`;
}

/** At most three significant digits above 1, one decimal below 10. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return countWord(value);
  return String(Number(value.toFixed(size >= 10 ? 0 : size >= 0.1 || size === 0 ? 1 : 2)));
}
