// Why a stage may still be undecided at its deadline, when a person is called, and what would help. Pure.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { Stage } from "@retriever/crds/spec/migration-spec.ts";
import { leastWindows } from "@retriever/operator/core/gates/dispersion.ts";
import { counted, percentWord, timeWord } from "@retriever/operator/page/words.ts";
import { countIn, type Flow, type Span, spanOver } from "./flow.ts";
import { roundedUp } from "./too-thin.ts";

export type Problem = { readonly reason: string; readonly remedies: readonly string[] };

type Judged = {
  readonly stage: Stage;
  readonly index: number;
  /** Samples until every gate has decided; null: one never does. */
  readonly needs: number | null;
  /** How long that takes; a stage that then only waits for its time isn't overdue. */
  readonly decided: Span;
  /** Until bursts can be told, whatever the traffic. */
  readonly windowsSeconds: number;
};

/** Null where the stage ends by its deadline, whenever it begins. */
export function problemOfStage(judged: Judged, requests: Flow): Problem | null {
  const { stage, index, decided, windowsSeconds } = judged;
  const { deadline } = stage;
  const { longest } = decided;
  if (longest !== null && longest <= durationSeconds(deadline)) return null;
  const isOfWindows = longest !== null && longest <= windowsSeconds;
  const lengthened = longest === null ? [] : [`stages[${index}].deadline ${timeWord(longest)} or more`];
  const { why, remedies } = isOfWindows
    ? { why: windowsLast(windowsSeconds), remedies: ["a shorter gates.window", ...lengthened] }
    : {
        why: samplesLack(judged),
        remedies: [...sampleMore(judged, requests), ...lengthened, "more traffic in the stage"],
      };
  return {
    reason: `by its deadline of ${deadline} stage ${index + 1} isn't decided, and calls a person: ${why}`,
    remedies,
  };
}

function windowsLast(seconds: number): string {
  return `${leastWindows} windows (gates.window), which it takes to tell bursts, last ${timeWord(seconds)}`;
}

function samplesLack({ needs, decided: { longest } }: Judged): string {
  const time = longest === null ? "for ever" : `up to ${timeWord(longest)}`;
  return needs === null ? "a gate never decides" : `${counted(needs, "sample")} would take ${time}`;
}

function sampleMore({ stage, index, needs }: Judged, requests: Flow): string[] {
  const { deadline, minSamples, sampleRate } = stage;
  const wanted = needs === null ? Infinity : needs / fewestIn(requests, durationSeconds(deadline));
  const isEnough = wanted > sampleRate && wanted <= 1;
  return [
    ...(isEnough ? [`stages[${index}].sampleRate ${percentWord(roundedUp(wanted))} or more`] : []),
    ...(needs === minSamples && wanted > 1 ? [`fewer stages[${index}].minSamples`] : []),
  ];
}

function fewestIn(flow: Flow, seconds: number): number {
  return spanOver(flow, (from) => countIn(flow, from, seconds)).shortest ?? 0;
}
