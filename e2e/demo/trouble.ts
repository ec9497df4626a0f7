// Trouble in the guard: makes the new primary worse once, and watches how long the way back takes.
import { setTimeout as delay } from "node:timers/promises";
import type { MigrationStatus } from "@retriever/crds/migration-status.ts";
import type { Application } from "./application.ts";
import type { Degradation } from "./options.ts";

const slowMs = 2000;
/** Healthy seconds of guard before the trouble begins. */
const calmSeconds = 3;
const lookEveryMs = 200;

export type Trouble = {
  /** Begins the trouble when the guard has been calm for a while. */
  readonly look: (status: MigrationStatus) => Promise<void>;
  /** From the first degraded answer to the last pod that serves from the source; undefined without trouble. */
  readonly secondsToRollback: () => Promise<number | undefined>;
  readonly stop: () => void;
};

/** Nothing happens before the first look at a calm guard. */
export function makeTrouble(application: Application, degradation: Degradation, say: (line: string) => void): Trouble {
  const end = new AbortController();
  let lasted: Promise<number> | undefined;
  return {
    look: async (status) => {
      if (lasted !== undefined || !isCalm(status)) return;
      await degrade(application, degradation);
      const beganAt = performance.now();
      say(`the destination ${describe(degradation)} from now on`);
      lasted = watchRecovery(application, status.source?.digest, end.signal).then((at) => (at - beganAt) / 1000);
    },
    secondsToRollback: async () => lasted,
    stop: () => end.abort(),
  };
}

function isCalm(status: MigrationStatus): boolean {
  return status.phase === "Guard" && (status.guard?.healthySeconds ?? 0) >= calmSeconds;
}

async function degrade({ qdrant, collection }: Application, degradation: Degradation): Promise<void> {
  if (degradation === "lost-chunks") await qdrant.degrade.loseHalf(collection);
  else if (degradation === "slow") await qdrant.degrade.slow(slowMs);
  else await qdrant.degrade.fail();
}

function describe(degradation: Degradation): string {
  if (degradation === "lost-chunks") return "has lost half of its chunks";
  return degradation === "slow" ? `answers ${slowMs} ms later` : "answers nothing but errors";
}

/** Moment at which every pod serves from the source again. */
async function watchRecovery(
  application: Application,
  source: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  for (;;) {
    const primaries = await application.primaries();
    const now = performance.now();
    if (primaries.every((digest) => digest === source) || signal.aborted) return now;
    await delay(lookEveryMs);
  }
}
