// The chunks of one pair of stores: for every type of value an unharmed one and one for each kind of damage. Pure.
import type { DifferenceKind } from "@retriever/sidecar/contract/verify-report.ts";
import type { IdForm } from "./id-forms.ts";
import { type ValueType, valueTypes } from "./value-types.ts";

/** What is done to a chunk of the destination; `retyped` to that of the collection, whichever store it is. */
export const damages = ["none", "missing", "extra", "stale", "changed", "retyped", "vector"] as const;
export type Damage = (typeof damages)[number];
export type StoreName = "table" | "collection";

/** What verify has to say. */
export const verdicts: Readonly<Record<Damage, DifferenceKind | null>> = {
  none: null,
  missing: "missing",
  extra: "extra",
  stale: "stale",
  changed: "payload",
  retyped: "payload",
  vector: "vector",
};

export type Chunk = { readonly id: string; readonly type: ValueType; readonly damage: Damage };

export function chunksOf(form: IdForm): Chunk[] {
  const pairs = valueTypes.flatMap((type) => damages.map((damage) => ({ type, damage })));
  return pairs.map((pair, index) => ({ id: form.idOf(index + 1), ...pair }));
}

/** What one store holds of a chunk; undefined: nothing. */
export function heldBy(chunk: Chunk, store: StoreName, isDestination: boolean) {
  const { damage, type } = chunk;
  if (damage === (isDestination ? "missing" : "extra")) return undefined;
  const isHere = (own: Damage): boolean => damage === own && isDestination;
  const isRetyped = damage === "retyped" && store === "collection";
  const values = valueTypes.map((each): readonly [string, unknown] => {
    if (each !== type) return each.good;
    if (isRetyped) return ["NULL", each.retyped];
    return isHere("changed") ? each.changed : each.good;
  });
  return {
    updatedAt: isHere("stale") ? "2026-01-01T11:00:00.000Z" : "2026-01-01T12:00:00.000Z",
    vector: isHere("vector") ? [0, 1] : [1, 0],
    values,
  };
}
