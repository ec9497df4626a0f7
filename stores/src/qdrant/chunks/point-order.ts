// The order in which a collection is scrolled: unsigned integers before UUIDs, each by its value. Ids are JSON here.

import { invalidAnswer } from "../client/answers.ts";

const greatestInteger = (1n << 64n) - 1n;
const uuids = 1n << 128n;

/** Whether a scan that goes on at the point `next` has come to `until`; null or absent: none of that. */
export function isReached(next: string | null, until: string | null | undefined): boolean {
  return typeof until === "string" && next !== null && orderOf(next) >= orderOf(until);
}

/** Ids that divide those from `first` on into parts as wide as each other, up to `last` where they are integers. */
export function evenBounds(parts: number, first: string, last: bigint): readonly string[] {
  const isInteger = !first.startsWith('"');
  const [from, to] = isInteger ? [orderOf(first), last + 1n] : [0n, uuids];
  const bounds = Array.from(
    { length: parts - 1 },
    (_, index) => from + ((to - from) * BigInt(index + 1)) / BigInt(parts),
  );
  const ascending = bounds.filter((bound, index) => bound > from && bound !== bounds[index - 1]);
  return ascending.map((bound) => (isInteger ? String(bound) : uuidOf(bound)));
}

/** Greatest integer for which `isAt` says that there is a point from it on; `least`: there is one. */
export async function greatestAt(least: bigint, isAt: (integer: bigint) => Promise<boolean>): Promise<bigint> {
  let [held, lacking] = [least, greatestInteger + 1n];
  while (lacking - held > 1n) {
    const middle = (held + lacking) / 2n;
    if (await isAt(middle)) held = middle;
    else lacking = middle;
  }
  return held;
}

const pointId = /^(\d{1,20}|"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")$/;

/** Throws RETR_BACKEND_ANSWER_INVALID for what is no point id. */
function orderOf(json: string): bigint {
  if (!pointId.test(json)) throw invalidAnswer("a point's id");
  return json.startsWith('"') ? greatestInteger + 1n + BigInt(`0x${json.replaceAll(/["-]/g, "")}`) : BigInt(json);
}

function uuidOf(value: bigint): string {
  const hex = value.toString(16).padStart(32, "0");
  return JSON.stringify(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"));
}
