// Traffic so thin that lines of harm never act: harm that goes on can't be told from harm that is over. Pure.
import { printDuration } from "@retriever/crds/fields/duration.ts";
import { leastPartSamples, longestPartMs } from "@retriever/operator/core/detection/cause-clock.ts";
import { percentWord } from "@retriever/operator/page/words.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import type { Flow } from "./flow.ts";
import type { Watch } from "./watches.ts";

const longestPartSeconds = longestPartMs / 1000;

/** Whether harm can be told from its end at so much a second. */
export function isTold(perSecond: number): boolean {
  return perSecond * longestPartSeconds >= leastPartSamples;
}

/** Never. */
export function isTooThin({ perSecond }: Flow): boolean {
  return !perSecond.some(isTold);
}

/** Why no line of samples ever acts there, and what would do; nothing where one does. */
export function whyTooThin({ name, requests, samples }: Watch): string[] {
  if (!isTooThin(samples)) return [];
  const most = Math.max(...samples.perSecond) * longestPartSeconds;
  const share = leastPartSamples / (Math.max(...requests.perSecond) * longestPartSeconds);
  const remedy =
    share <= 1 ? `at least ${percentWord(roundedUp(share))} sampled would do` : "only more traffic would do";
  const seenSamples = Number(most.toPrecision(3));
  const seen = `${seenSamples} ${plural(seenSamples, "sample")} in ${printDuration(longestPartSeconds)}`;
  return [`${name.toLowerCase()}: never, for want of samples: ${seen}, ${leastPartSamples} are needed; ${remedy}`];
}

/** To two digits, never down: what is said to be enough is. */
export function roundedUp(value: number): number {
  const scale = 10 ** (1 - Math.floor(Math.log10(value)));
  return Math.ceil(value * scale) / scale;
}
