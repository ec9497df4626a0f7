// When something happens in a rehearsal: after the start, or after a phase or stage was first entered. Pure.
import { durationPattern, durationSeconds } from "@retriever/crds/fields/duration.ts";
import { type Phase, phases } from "@retriever/crds/status/migration-status.ts";

/** What a moment counts from: the start, the first entry into a phase, or the first sample rate of a stage (from 1). */
export type Anchor =
  | { readonly kind: "start" }
  | { readonly kind: "phase"; readonly phase: Phase }
  | { readonly kind: "stage"; readonly stage: number };

type Moment = { readonly anchor: Anchor; readonly afterSeconds: number };

/** What a moment may look like, as a refusal states it. */
export const momentExpectation =
  'a time after the start such as "2h30m", or a phase or stage with or without a time, such as "Guard+3h" or "stage2"';

/** `2h`, `Guard`, `guard+3h`, `stage2+10m` (in any case); undefined for anything else. */
export function parseMoment(text: string): Moment | undefined {
  if (durationPattern.test(text)) return { anchor: { kind: "start" }, afterSeconds: durationSeconds(text) };
  const [name = "", after, ...rest] = text.split("+");
  const anchor = parseAnchor(name.toLowerCase());
  if (anchor === undefined || rest.length > 0) return undefined;
  if (after === undefined) return { anchor, afterSeconds: 0 };
  return durationPattern.test(after) ? { anchor, afterSeconds: durationSeconds(after) } : undefined;
}

function parseAnchor(name: string): Anchor | undefined {
  const phase = phases.find((known) => known.toLowerCase() === name);
  if (phase !== undefined) return { kind: "phase", phase };
  const stage = /^stage([1-9][0-9]?)$/.exec(name)?.[1];
  return stage === undefined ? undefined : { kind: "stage", stage: Number(stage) };
}
