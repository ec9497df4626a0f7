// A worker thread that plays a share of the documents and answers with what came of it.
import { parentPort, workerData } from "node:worker_threads";
import { playHostile } from "@retriever/operator/test/hostile/play.ts";

export type Share = { readonly documents: number; readonly seed: number };

const { documents, seed } = workerData as Share;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
parentPort?.postMessage(await playHostile(documents, seed));
