// K1: from the alert's first firing in a real Prometheus to the rollback's intent in the API. The rule's own `for`
// comes before that and is told apart.

import { setTimeout as delay } from "node:timers/promises";
import { type AlertStage, alertSpec, degradedMs } from "#stories/alerts/alert-stage.ts";
import type { Play } from "#stories/embedded/play.ts";
import { eventually } from "#support/eventually.ts";

export type K1Run = {
  /** From the first firing sample to the first read of the migration that shows the rollback, ms. */
  readonly firingToIntentMs: number;
  /** From the condition's beginning to the first firing sample, ms: the rule's `for`. */
  readonly forMs: number;
  /** From the destination's degradation to the condition's beginning, ms: scrapes and the rule's window. */
  readonly degradedToActiveMs: number;
};

/** Of the operator, by the migration's windows. */
const reconcileIntervalMs = 5000;
const pollIntervalMs = 50;
const phaseDeadlineMs = 300_000;

/** Brings an application to its guard, degrades its destination and waits for the rollback. */
export async function measureRun(
  { monitoring, play: start }: Pick<AlertStage, "monitoring" | "play">,
  name: string,
): Promise<K1Run> {
  const play = await start(name);
  try {
    await play.migrate(alertSpec);
    await play.reach("Guard", phaseDeadlineMs);
    // The operator's reconciles follow from when the guard began: the alert has to come at any moment between two of them.
    await delay(Math.random() * reconcileIntervalMs);
    const degradedAt = Date.now();
    await play.destination.degrade.slow(degradedMs);
    const intentAt = await intentOf(play);
    const firing = await eventually(`${name}: Prometheus tells of its firing`, () => monitoring.firingOf(name));
    return {
      firingToIntentMs: intentAt - firing.firingAt,
      forMs: firing.firingAt - firing.activeAt,
      degradedToActiveMs: firing.activeAt - degradedAt,
    };
  } finally {
    await play.close();
  }
}

/** When a read of the migration first showed the rollback, epoch ms. */
async function intentOf(play: Play): Promise<number> {
  const status = await eventually(
    `${play.name} is rolled back by its alert`,
    async () => [await play.status()].find(({ rollback }) => rollback !== undefined),
    { deadlineMs: phaseDeadlineMs, everyMs: pollIntervalMs },
  );
  const seenAt = Date.now();
  const causes = status.rollback?.causes.join("; ") ?? "";
  if (status.rollback?.reason !== "HarmAlert" || !causes.includes("fires in Prometheus monitoring"))
    throw new Error(`${play.name} was rolled back for something else: ${status.rollback?.reason}: ${causes}`);
  return seenAt;
}
