// Z1: documents that others write, read and decided on by the operator's own code.
import { playHostile } from "@retriever/operator/test/hostile/play.ts";
import { amount, most } from "#bench/report/rows.ts";
import type { HostileRow } from "../rows/hostile-row.ts";

const documents = { whole: 100_000, slice: 6000 };
const mostTold = 5;

export const writtenRow: HostileRow = {
  id: "Z1",
  title:
    "hostile statuses of pods, overlays, bases, acts, what Jobs of verification, copy, sync and repair leave, answers of Prometheus and Alertmanager",
  run: async ({ isQuick, seed, say }) => {
    const wanted = isQuick ? documents.slice : documents.whole;
    const played = await playHostile(wanted, seed);
    for (const { kind, phase, harm, words, seed: world } of played.found.slice(0, mostTold))
      say(`${kind} in ${phase}, world ${world}: ${harm}: ${words.slice(0, 300)}`);
    const n = Object.values(played.documents).reduce((sum, count) => sum + count, 0);
    return Object.entries(played.harms).map(([harm, count]) => amount(harm, count, most(0), { n, enough: wanted }));
  },
};
