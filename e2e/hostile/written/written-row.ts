// Z1: documents that others write, read and decided on by the operator's own code.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Played } from "@retriever/operator/test/hostile/play.ts";
import { amount, most } from "#bench/report/rows.ts";
import type { HostileRow } from "../rows/hostile-row.ts";
import type { Share } from "./worker-main.ts";

const documents = { whole: 100_000, slice: 6000 };
/** Each on a thread. Their number is fixed, so that a seed gives the same rounds everywhere. */
const shares = 2;
const mostTold = 5;

export const writtenRow: HostileRow = {
  id: "Z1",
  title:
    "hostile statuses of pods, overlays, bases, acts, what Jobs of verification, copy, sync and repair leave, answers of Prometheus and Alertmanager",
  run: async ({ isQuick, seed, say }) => {
    const wanted = isQuick ? documents.slice : documents.whole;
    const played = await Promise.all(
      Array.from({ length: shares }, (_, share) =>
        play({ documents: Math.ceil(wanted / shares), seed: seed * shares + share }),
      ),
    );
    for (const { kind, phase, harm, words, seed: world } of played.flatMap(({ found }) => found).slice(0, mostTold))
      say(`${kind} in ${phase}, world ${world}: ${harm}: ${words.slice(0, 300)}`);
    const n = sum(played.flatMap((each) => Object.values(each.documents)));
    const kinds = Object.keys(played[0]?.harms ?? {}) as (keyof Played["harms"])[];
    return kinds.map((harm) =>
      amount(harm, sum(played.map(({ harms }) => harms[harm])), most(0), { n, enough: wanted }),
    );
  },
};

/** Rejects when the thread fails. */
async function play(share: Share): Promise<Played> {
  const worker = new Worker(new URL("./worker-main.ts", import.meta.url), { workerData: share });
  try {
    const [played] = (await once(worker, "message")) as [Played];
    return played;
  } finally {
    await worker.terminate();
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
