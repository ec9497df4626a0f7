// Points as answers show them: id, version, score, payload, vector, order_value, in this order.
// `payload` and `vector` are absent when not asked for.
import type { Collection, Point } from "./collection.ts";
import { type JsonObject, printJson } from "./json.ts";
import { type PathSelector, payloadShower } from "./payload.ts";
import { printPointId } from "./point-id.ts";
import { printFloat32 } from "./print-number.ts";

type Shown = {
  readonly with_payload?: PathSelector | null | undefined;
  /** All, none, or those of the list. */
  readonly with_vector?: PathSelector | null | undefined;
};
type Extra = { readonly score?: number; readonly order?: number | undefined };

/** Prints points of a collection one by one, as the request wants them shown. */
export function pointPrinter(collection: Collection, shown: Shown, payloadByDefault = false) {
  const showPayload = payloadShower(shown.with_payload ?? payloadByDefault);
  return (point: Point, { score, order }: Extra = {}): string => {
    const payload: JsonObject | undefined = showPayload(point.payload);
    return printMembers([
      ["id", printPointId(point.id)],
      ["version", score === undefined ? undefined : String(point.version)],
      ["score", score === undefined ? undefined : printFloat32(score)],
      ["payload", payload === undefined ? undefined : printJson(payload)],
      ["vector", printVectors(collection, point, shown.with_vector ?? false)],
      ["order_value", order === undefined ? undefined : String(order)],
    ]);
  };
}

/** An object from members whose values are printed already; undefined ones are left out. */
function printMembers(members: readonly (readonly [name: string, text: string | undefined])[]): string {
  const printed = members.flatMap(([name, text]) => (text === undefined ? [] : [`${JSON.stringify(name)}:${text}`]));
  return `{${printed.join(",")}}`;
}

function printVectors(collection: Collection, point: Point, selector: PathSelector): string | undefined {
  if (selector === false) return undefined;
  const chosen = [...collection.vectorsOf(point)].filter(([name]) => selector === true || selector.includes(name));
  const [first, second] = chosen;
  if (first?.[0] === "" && second === undefined) return printVector(first[1]);
  return printMembers(chosen.map(([name, vector]) => [name, printVector(vector)]));
}

function printVector(vector: Float32Array): string {
  return `[${Array.from(vector, printFloat32).join(",")}]`;
}
