// Trouble in the guard: makes the new primary worse once, and watches how long the rollback takes.
import { setTimeout as delay } from "node:timers/promises";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { latencyEdgesMs } from "@retriever/sidecar/contract/evidence.ts";
import type { Application } from "./application.ts";
import type { Degradation } from "./options.ts";

/** Watched seconds of guard before the trouble begins. */
const calmSeconds = 3;
/** Later than verifyDriftAfter of that story. */
const lateSeconds = 6;
const lateWrites = 7;
const pollIntervalMs = 200;

type Trouble = {
  /** Begins the trouble when the guard has been calm for a while. */
  readonly observe: (status: MigrationStatus) => Promise<void>;
  /** From the first degraded answer to the last pod that serves from the source; undefined without trouble. */
  readonly secondsToRollback: () => Promise<number | undefined>;
  readonly stop: () => void;
};

type TroubleOptions = {
  readonly application: Application;
  readonly degradation: Degradation;
  /** What the story that turns slow exceeds. */
  readonly latencyLimitMs: number | undefined;
  readonly say: (line: string) => void;
  /** A person asks for a rollback. */
  readonly rollBack: () => Promise<void>;
};

/** Nothing happens before the first look at a calm guard. */
export function makeTrouble({ application, degradation, latencyLimitMs = 0, say, rollBack }: TroubleOptions): Trouble {
  const slowMs = surelySlower(latencyLimitMs);
  const end = new AbortController();
  let lasted: Promise<number> | undefined;
  return {
    observe: async (status) => {
      if (lasted !== undefined || !isCalm(status, degradation)) return;
      if (degradation === "late") await writeAndGoBack(application, { say, rollBack });
      else await degrade(application, degradation, slowMs);
      const beganAt = performance.now();
      if (degradation !== "late") say(`the destination ${describe(degradation, slowMs)} from now on`);
      lasted = watchRecovery(application, status.source?.digest, end.signal).then((at) => (at - beganAt) / 1000);
    },
    secondsToRollback: async () => lasted,
    stop: () => end.abort(),
  };
}

function isCalm({ phase, guard }: MigrationStatus, degradation: Degradation): boolean {
  return phase === "Guard" && (guard?.watchedSeconds ?? 0) >= (degradation === "late" ? lateSeconds : calmSeconds);
}

/** Requests are counted by buckets, and only a bucket that is slower as a whole counts as slower: an answer beyond one. */
function surelySlower(limitMs: number): number {
  const edge = latencyEdgesMs.find((upper) => upper >= 2 * limitMs) ?? 2 * limitMs;
  return 1.2 * edge;
}

/** Writes that only the new primary receives; then somebody wants the old one back. */
async function writeAndGoBack(
  application: Application,
  { say, rollBack }: Pick<TroubleOptions, "say" | "rollBack">,
): Promise<void> {
  const ids = await application.writeToDestination(lateWrites);
  say(`${ids.length} chunks are written to the new primary alone: ${ids.slice(0, 2).join(", ")}, ...`);
  say("kubectl-retriever rollback, later than rollback.verifyDriftAfter");
  await rollBack();
}

type Worse = Exclude<Degradation, "late">;

async function degrade({ qdrant, collection }: Application, degradation: Worse, slowMs: number): Promise<void> {
  if (degradation === "lost-chunks") await qdrant.degrade.loseHalf(collection);
  else if (degradation === "slow") await qdrant.degrade.slow(slowMs);
  else await qdrant.degrade.fail();
}

function describe(degradation: Worse, slowMs: number): string {
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
    await delay(pollIntervalMs);
  }
}
