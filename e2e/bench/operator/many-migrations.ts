// Rows K5 and K7: the operator beside a thousand migrations that are over.
import { setTimeout as delay } from "node:timers/promises";
import type { EmbeddedApi } from "#clusters/embedded/api/start-api.ts";
import { eventually } from "#support/eventually.ts";
import { type OperatorOptions, startOperator } from "#support/world/operator-process.ts";
import { keptMib, memoryProbe, readMemory, readRssMib } from "../report/memory.ts";
import { operatorSettings, startBenchApi } from "./bench-cluster.ts";
import { createCopies, makePattern } from "./finished-migration.ts";
import { beyondBackground, grownBetween, type RequestCounts } from "./idle-requests.ts";
import { type Looks, watchLooks } from "./looks.ts";

export type ManyOptions = {
  readonly directory: string;
  /** How many finished migrations the idle operator stands beside. */
  readonly few: number;
  readonly many: number;
  readonly restarts: number;
  readonly idleMs: number;
  readonly say: (line: string) => void;
};

export type ManyFigures = {
  /** From the first look to the last one, of all migrations at a start, in ms. */
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

function start(api: EmbeddedApi, env: Readonly<Record<string, string>>, more: Partial<OperatorOptions> = {}) {
  const kubeconfig = api.kubeconfigPath(user);
  return startOperator({ kubeconfig, namespaces: [], env: { ...operatorSettings, ...env }, ...more });
}

/** MiB in use after collection, beside so many migrations that were all looked at. */
async function keptBeside(api: EmbeddedApi, migrations: number): Promise<number> {
  const looks = watchLooks(api);
  const operator = await start(api, { RETRIEVER_LEADER_ELECTION: "false" }, memoryProbe);
  try {
    if (migrations === 0) await delay(settleMs);
    await untilQuiet(looks, migrations);
    return keptMib(await readMemory(operator));
  } finally {
    looks.close();
    await operator.stop();
  }
}

/** Waits until every migration was looked at and nothing more was asked for a while. */
async function untilQuiet(looks: Looks, migrations: number): Promise<void> {
  await eventually(
    `${migrations} looks, and then none`,
    async () => looks.migrations() >= migrations && looks.quietMs() > settleMs,
    { deadlineMs, describe: async () => `${looks.migrations()} migrations were looked at` },
  );
}

const settleMs = 3000;

async function measureIdle(api: EmbeddedApi, migrations: number, idleMs: number): Promise<ManyFigures["idle"]> {
  const looks = watchLooks(api);
  const operator = await start(api, { RETRIEVER_RESYNC_MS: String(idleResyncMs) });
  try {
    await untilQuiet(looks, migrations);
    const before = api.requests.counts(user);
    await delay(idleMs);
    const grown = grownBetween(before, api.requests.counts(user));
    const rssMib = readRssMib(operator.pid, "VmRSS");
    return { rssMib, minutes: idleMs / 60_000, grown, beyond: beyondBackground(grown) };
  } finally {
    looks.close();
    await operator.stop();
  }
}

/** A start wakes every migration at once: the time from the first look's first request to the last look's last one. */
async function measureRequeue(api: EmbeddedApi, migrations: number): Promise<number> {
  const looks = watchLooks(api);
  const operator = await start(api, { RETRIEVER_LEADER_ELECTION: "false" });
  try {
    await untilQuiet(looks, migrations);
    return looks.tookMs();
  } finally {
    looks.close();
    await operator.stop();
  }
}
