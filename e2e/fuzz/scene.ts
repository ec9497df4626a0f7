// A real sidecar between two recording stores, and what holds of it after any request.
import { eventually } from "#support/eventually.ts";
import { endedSamples, type Sidecar, startSidecar } from "#support/sidecar/start-sidecar.ts";
import { canaries, dimension } from "./hostile-body.ts";
import { type RecordingStore, startRecordingStore } from "./recording-store.ts";
import type { Tally } from "./tally.ts";

export type Scene = {
  readonly sidecar: Sidecar;
  readonly store: RecordingStore;
  readonly shadow: RecordingStore;
  readonly close: () => Promise<unknown>;
};

/**
 * Starts it all, and has every request sampled. `adapter`: further members of both stores' configuration; `more`: of the
 * base.
 */
export async function openScene(adapter: object = {}, more: object = {}): Promise<Scene> {
  const store = await startRecordingStore("primary", dimension);
  const shadow = await startRecordingStore("shadow", dimension);
  const at = ({ url }: RecordingStore): object => ({ kind: "qdrant", url, collection: "chunks", ...adapter });
  const dualRead = { enabled: true, sampleRate: 1, shadow: at(shadow) };
  const sidecar = await startSidecar({ base: { primary: at(store), dualRead, ...more } });
  const close = () => Promise.allSettled([sidecar.stop(), store.close(), shadow.close()]);
  await sidecar.probed(dimension);
  return { sidecar, store, shadow, close };
}

/** Resolves with the counters once every sample has an outcome. */
export function countersAtRest({ sidecar }: Pick<Scene, "sidecar">) {
  return eventually("every sample has an outcome", async () => {
    const { counters } = (await sidecar.status()).evidence;
    return counters.requests - counters.errors === endedSamples(counters) && counters;
  });
}

/** Nothing of a request may stand in anything that the sidecar has written. */
export function checkLog({ sidecar }: Pick<Scene, "sidecar">, tally: Tally): void {
  const lines = sidecar.process.output().split("\n");
  const leaking = lines.find((line) => canaries.some((canary) => line.includes(canary)));
  tally.count("no byte of a request in the log", leaking);
}
