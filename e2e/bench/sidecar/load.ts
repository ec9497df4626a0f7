// What is asked of the load generator, and the one way to ask.
import { join } from "node:path";
import { startProcess } from "#support/process/start-process.ts";
import type { BodyKind } from "./bodies.ts";

export type Shot = {
  readonly url: string;
  readonly body: BodyKind;
  readonly connections: number;
  readonly requests: number;
  /** Whatever hasn't been answered by then is given up. */
  readonly deadlineMs: number;
};
export type ShotResult = {
  /** Answered with 200. */
  readonly completed: number;
  readonly failed: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
};
export type Load = {
  readonly fire: (shot: Shot) => Promise<ShotResult>;
  readonly stop: () => Promise<unknown>;
};

/** Starts the generator on a core of its own. */
export async function startLoad(core: number): Promise<Load> {
  const load = await startProcess({
    command: process.execPath,
    args: [join(import.meta.dirname, "load-main.ts")],
    core,
    withChannel: true,
    readLine: (line) => (line.includes("ready") ? true : undefined),
  });
  return {
    fire: (shot) => load.ask(shot, shot.deadlineMs + 30_000) as Promise<ShotResult>,
    stop: load.stop,
  };
}
