// Pods that see a store in a certain way.
import type { StoreStatus } from "@retriever/sidecar/contract/status.ts";
import type { Migration } from "#core/model/migration.ts";
import type { Observation } from "#core/model/observation.ts";
import { anObservation, aPod } from "#test/builders/world.ts";

/** Two pods; the first sees the store like this, the other too where `both` says so. */
export function seeing(
  migration: Migration,
  store: "source" | "destination",
  more: Partial<StoreStatus>,
  both = false,
): Observation {
  const pods = ["pod-1", "pod-2"].map((name, index) => {
    const pod = aPod(name).following(migration);
    return (index === 0 || both ? pod.seeing(store, more) : pod).build();
  });
  return anObservation(migration, {}, { pods: { ok: true, value: pods } });
}

/** The last error of a store. */
export const fault = (code: string) => ({ code, message: `because of ${code}`, at: "2026-03-01T12:00:00Z" });
