// When the canary of each target last came by the webhook. Lost with the process: the next repetition brings it again.
import { canaryAlert } from "#core/model/alert-observation.ts";
import type { Clock } from "#ports/clock.ts";
import type { CalledAlert } from "./webhook-body.ts";

export type CanaryArrivals = {
  readonly note: (alerts: readonly CalledAlert[]) => void;
  /** Epoch ms; null when none came since this process began. */
  readonly arrivedAt: (place: { readonly namespace: string; readonly target: string }) => number | null;
};

/** More targets than an operator has; the one that came longest ago goes first. */
const mostTargets = 5000;

export function makeCanaryArrivals(clock: Pick<Clock, "now">): CanaryArrivals {
  const arrivals = new Map<string, number>();
  return {
    note: (alerts) => {
      for (const { name, status, namespace, target } of alerts) {
        if (name !== canaryAlert || status !== "firing") continue;
        const key = `${namespace}/${target}`;
        arrivals.delete(key);
        arrivals.set(key, clock.now());
        const [oldest] = arrivals.keys();
        if (arrivals.size > mostTargets && oldest !== undefined) arrivals.delete(oldest);
      }
    },
    arrivedAt: ({ namespace, target }) => arrivals.get(`${namespace}/${target}`) ?? null,
  };
}
