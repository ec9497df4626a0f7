// Why a stage may still be undecided at its deadline, when a person is called, and what would help. Pure.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { Stage } from "@retriever/crds/spec/migration-spec.ts";
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
};

/** Null where the stage ends by its deadline, whenever it begins. */
export function problemOfStage({ stage, index, needs, decided }: Judged, requests: Flow): Problem | null {
  const { deadline, minSamples, sampleRate } = stage;
  const deadlineSeconds = durationSeconds(deadline);
  const { longest } = decided;
  if (longest !== null && longest <= deadlineSeconds) return null;
  const at = `stages[${index}]`;
  const wanted = needs === null ? Infinity : needs / fewestIn(requests, deadlineSeconds);
  const remedies = [
    ...(wanted > sampleRate && wanted <= 1 ? [`${at}.sampleRate ${percentWord(roundedUp(wanted))} or more`] : []),
    ...(needs === minSamples && wanted > 1 ? [`fewer ${at}.minSamples`] : []),
    ...(longest === null ? [] : [`${at}.deadline ${timeWord(longest)} or more`]),
    "more traffic in the stage",
  ];
  const time = longest === null ? "for ever" : `up to ${timeWord(longest)}`;
  const why = needs === null ? "a gate never decides" : `${counted(needs, "sample")} would take ${time}`;
  const reason = `by its deadline of ${deadline} stage ${index + 1} isn't decided, and calls a person: ${why}`;
  return { reason, remedies };
}

function fewestIn(flow: Flow, seconds: number): number {
  return spanOver(flow, (from) => countIn(flow, from, seconds)).shortest ?? 0;
}
