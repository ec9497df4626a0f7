// Rows K5 and K7: the operator beside a thousand migrations that are over.
import { setTimeout as delay } from "node:timers/promises";
import type { EmbeddedApi } from "#clusters/embedded/api/start-api.ts";
import { eventually } from "#support/eventually.ts";
import type { WatchedProcess } from "#support/process/start-process.ts";
import { type OperatorOptions, startOperator } from "#support/world/operator-process.ts";
import { keptMib, memoryProbe, readMemory, readRssMib } from "../report/memory.ts";
import { operatorSettings, startBenchApi } from "./bench-cluster.ts";
import { createCopies, makePattern } from "./finished-migration.ts";
import { beyondBackground, grownBetween, type RequestCounts } from "./idle-requests.ts";
import { type Reconciles, watchReconciles } from "./reconciles.ts";

type ManyOptions = {
  readonly directory: string;
  /** How many finished migrations the idle operator stands beside. */
  readonly few: number;
  readonly many: number;
  readonly restarts: number;
  readonly idleMs: number;
  readonly say: (line: string) => void;
};

export type ManyFigures = {
  /** From the first reconcile to the last one, of all migrations at a start, in ms. */
  readonly requeueMs: readonly number[];
  /** In use after collection, beside no migration, a few, and many. */
  readonly keptMib: { readonly none: number; readonly few: number; readonly many: number };
  readonly idle: {
    readonly rssMib: number;
    readonly minutes: number;
    readonly grown: RequestCounts;
    readonly beyond: number;
  };
};

const user = "operator";
/** Twenty lists a minute instead of one: what every tenth list would cost shows. */
const idleResyncMs = 3000;
const deadlineMs = 180_000;

/** Measures everything on one API; each figure comes from a process of its own. */
export async function measureMany(options: ManyOptions): Promise<ManyFigures> {
  const { directory, few, many, restarts, idleMs, say } = options;
  const api = await startBenchApi(directory, [user]);
  try {
    const none = await keptBeside(api, 0);
    const pattern = await makePattern(api, user);
    createCopies(api, pattern, 0, few);
    say(`${few} finished migrations`);
    const idle = await measureIdle(api, few + 1, idleMs);
    const keptFew = await keptBeside(api, few + 1);
    createCopies(api, pattern, few, many);
    say(`${many} finished migrations`);
    const requeueMs: number[] = [];
    for (let round = 0; round < restarts; round += 1) requeueMs.push(await measureRequeue(api, many + 1));
    return { requeueMs, keptMib: { none, few: keptFew, many: await keptBeside(api, many + 1) }, idle };
  } finally {
    await api.close();
  }
}

/** Starts an operator beside so many migrations and works once all are reconciled and nothing more is asked for a while. */
async function beside<T>(
  api: EmbeddedApi,
  { migrations, env, ...more }: Partial<OperatorOptions> & { readonly migrations: number },
  work: (operator: WatchedProcess<true>, reconciles: Reconciles) => Promise<T> | T,
): Promise<T> {
  const reconciles = watchReconciles(api);
  const settings = { ...operatorSettings, ...env };
  const operator = await startOperator({
    kubeconfig: api.kubeconfigPath(user),
    namespaces: [],
    env: settings,
    ...more,
  });
  try {
    if (migrations === 0) await delay(settleMs);
    await eventually(
      `${migrations} migrations are reconciled, and then none`,
      async () => reconciles.migrations() >= migrations && reconciles.quietMs() > settleMs,
      { deadlineMs, describe: () => `${reconciles.migrations()} were reconciled` },
    );
    return await work(operator, reconciles);
  } finally {
    reconciles.close();
    await operator.stop();
  }
}

const settleMs = 3000;
const withoutLease = { RETRIEVER_LEADER_ELECTION: "false" } as const;

/** MiB in use after collection. */
function keptBeside(api: EmbeddedApi, migrations: number): Promise<number> {
  const options = { migrations, env: withoutLease, ...memoryProbe };
  return beside(api, options, async (operator) => keptMib(await readMemory(operator)));
}

function measureIdle(api: EmbeddedApi, migrations: number, idleMs: number): Promise<ManyFigures["idle"]> {
  const env = { RETRIEVER_RESYNC_MS: String(idleResyncMs) };
  return beside(api, { migrations, env }, async ({ pid }) => {
    const before = api.requests.counts(user);
    await delay(idleMs);
    const grown = grownBetween(before, api.requests.counts(user));
    const rssMib = readRssMib(pid, "VmRSS");
    return { rssMib, minutes: idleMs / 60_000, grown, beyond: beyondBackground(grown) };
  });
}

/** A start wakes every migration at once: from the first reconcile's first request to the last one's last. */
function measureRequeue(api: EmbeddedApi, migrations: number): Promise<number> {
  return beside(api, { migrations, env: withoutLease }, (_, reconciles) => reconciles.tookMs());
}
