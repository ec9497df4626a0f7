// Requests at a rate, whether or not the ones before are answered: as the users of an application come.
import { setTimeout as wait } from "node:timers/promises";
import { quantile } from "../report/statistics.ts";
import type { Search } from "./arms.ts";

export type Times = { readonly p50Ms: number; readonly p99Ms: number };
type Load = {
  /** Requests per second, on average. */
  readonly rate: number;
  readonly requests: number;
  /** Embeddings to ask for, in turn. */
  readonly vectors: readonly (readonly number[])[];
  /** Draws from 0..1: when the requests come. */
  readonly random: () => number;
};

/** Sends the requests with exponential pauses between them. Rejects when one fails. */
export async function openLoop(search: Search, { rate, requests, vectors, random }: Load): Promise<Times> {
  const latencies: number[] = [];
  const pending: Promise<void>[] = [];
  const startedAt = performance.now();
  let due = 0;
  for (let index = 0; index < requests; index += 1) {
    due += (-Math.log(1 - random()) / rate) * 1000;
    const left = startedAt + due - performance.now();
    if (left > 0) await wait(left);
    pending.push(timed(search, vectors[index % vectors.length] ?? [], latencies));
  }
  await Promise.all(pending);
  const sorted = latencies.toSorted((a, b) => a - b);
  return { p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) };
}

async function timed(search: Search, vector: readonly number[], latencies: number[]): Promise<void> {
  const sentAt = performance.now();
  await search(vector);
  latencies.push(performance.now() - sentAt);
}
