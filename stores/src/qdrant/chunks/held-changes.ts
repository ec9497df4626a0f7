// What a chunk changes of a point that is there, as operations of one request: each leaves every other key and vector in
// place, and is carried out only while the point is what it was before it. The vector comes first and the moment last, so
// that a point between two of them still differs for the next verification.
import { withValueAt } from "#values/member-path.ts";
import { stepsOfKey } from "../client/payload-key.ts";
import type { Given } from "./given-points.ts";
import { type Guarded, guardOf, type Keys } from "./held-point.ts";
import type { StoredPoint } from "./point-answers.ts";
import { pathOf } from "./value-pins.ts";

type Payload = Readonly<Record<string, unknown>>;
type Place = Guarded & { readonly keys: Keys };

/** In the order in which they are to be sent. */
export function changesOf(held: StoredPoint, { id, vector, news }: Given, { keys, ...place }: Place): object[] {
  const operations: object[] = [];
  if (news.hasVector) {
    const update_filter = guardOf(held, place, keys).filter;
    operations.push({ update_vectors: { points: [{ id, vector }], update_filter } });
  }
  let point = held;
  for (const { parent, values } of groupsOf(held.payload, news.values)) {
    const { filter } = guardOf(point, place, keys);
    for (const [key, value] of values)
      point = { ...point, payload: withValueAt(point.payload, stepsOfKey(key), value) ?? {} };
    const names = new Set(values.map(([key]) => stepsOfKey(key)[parent.length] as string));
    const after = at(point.payload, parent) as Payload;
    const payload = Object.fromEntries([...names].map((name) => [name, after[name]]));
    operations.push({ set_payload: { payload, filter, ...(parent.length === 0 ? {} : { key: pathOf(parent) }) } });
    // Setting a key to null removes it.
    for (const [key, value] of values)
      if (value === null) point = { ...point, payload: withoutKey(point.payload, stepsOfKey(key)) };
  }
  return operations;
}

function at(payload: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>((value, step) => (value as Payload)[step], payload);
}

function withoutKey(payload: Payload, [step = "", ...rest]: readonly string[]): Payload {
  const { [step]: inner, ...others } = payload;
  return rest.length === 0 ? others : { ...payload, [step]: withoutKey(inner as Payload, rest) };
}

/** By the object that holds them: setting a key of it leaves its other keys. The one of the last value comes last. */
function groupsOf(payload: Payload, values: Given["news"]["values"]) {
  const last = values.at(-1);
  const hasLast = (group: { readonly values: Given["news"]["values"] }) =>
    Number(last !== undefined && group.values.includes(last));
  const groups = Map.groupBy(values, ([key]) => JSON.stringify(parentOf(payload, stepsOfKey(key))));
  return [...groups]
    .map(([parent, members]) => ({ parent: JSON.parse(parent) as string[], values: members }))
    .toSorted((a, b) => hasLast(a) - hasLast(b) || b.parent.length - a.parent.length);
}

/** The deepest object on the way to a key; none of its keys may need a spelling that a path hasn't. */
function parentOf(payload: unknown, steps: readonly string[]): string[] {
  const parent: string[] = [];
  let value = payload;
  for (const step of steps.slice(0, -1)) {
    value = Object.hasOwn(value as object, step) ? (value as Payload)[step] : null;
    if (typeof value !== "object" || value === null) break;
    parent.push(step);
  }
  return pathOf(parent) === null ? [] : parent;
}
