// Writes a run's state to the report folder every few seconds, one write at a time.

import { faultOf } from "@retriever/stores/errors.ts";
import type { RunState } from "#core/run-state.ts";
import { encodeCheckpoint } from "./checkpoint.ts";
import { checkpointFile, type RunDeps } from "./run-deps.ts";

export type Checkpoints = {
  /** Resolves once the state of now, or a later one, is written or can't be. */
  readonly saveNow: () => Promise<void>;
  /** Writes a last time and stops. */
  readonly end: () => Promise<void>;
};

/** Starts writing. When a checkpoint can't be written the run goes on and can't be resumed; that is noted once. */
export function keepCheckpoints(
  state: RunState,
  runKey: string,
  { files, onNote }: Pick<RunDeps, "files" | "onNote">,
  everyMs: number,
): Checkpoints {
  if (files === null) return { saveNow: async () => {}, end: async () => {} };
  let isReported = false;
  let writing: Promise<void> | null = null;
  const write = async (): Promise<void> => {
    try {
      await files.write(checkpointFile, encodeCheckpoint(state, runKey));
    } catch (error) {
      const { code, message } = faultOf(error);
      if (!isReported) onNote(`${code}: ${message}; the run goes on and can't be resumed`);
      isReported = true;
    } finally {
      writing = null;
    }
  };
  const save = async (): Promise<void> => {
    if (writing !== null) await writing;
    writing = write();
    await writing;
  };
  const timer = setInterval(() => {
    if (writing === null) void save();
  }, everyMs);
  return {
    saveNow: save,
    end: async () => {
      clearInterval(timer);
      await save();
    },
  };
}
