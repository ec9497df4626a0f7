// What a writer knows of a collection before it writes: its settings, the keys of its points, and how their ids are made.
import { RetrieverError } from "#errors.ts";
import { epochFormOfAll } from "#values/epoch.ts";
import { valueAt } from "#values/member-path.ts";
import { member, parseAnswer, textOf } from "../client/answers.ts";
import { type CollectionInfo, readCollection } from "../client/collection.ts";
import { keyOf } from "../client/payload-key.ts";
import type { QdrantSpec } from "../config/schema.ts";
import type { IdConventions } from "./given-points.ts";
import { readPoints } from "./point-answers.ts";
import { ownIdRule, pointIdRule } from "./point-ids.ts";
import type { PointsCaller } from "./points-caller.ts";

/** Points read to detect how the application makes ids, and which keys it uses. */
const rulePoints = 16;

export type Known = {
  readonly info: CollectionInfo;
  readonly conventions: IdConventions;
  readonly someNames: readonly (readonly string[])[];
};
/** Asks the collection what it is, and some of its points. */
export async function readKnown(caller: PointsCaller, spec: QdrantSpec, signal: AbortSignal): Promise<Known> {
  const info = readCollection(await caller.call({ method: "GET", path: "" }, signal), spec);
  const body = { limit: Math.min(rulePoints, info.limits.points), with_payload: true, with_vector: false };
  const answer = await caller.call({ method: "POST", path: "/points/scroll", body }, signal);
  const { points } = readPoints(answer, spec.fields);
  const someNames = points.map(({ payload }) => Object.keys(payload));
  const { id: path, updatedAt } = spec.fields;
  const epoch = updatedAt === null ? null : epochFormOfAll(points.map(({ payload }) => valueAt(payload, updatedAt)));
  const named = path === null ? [] : points.flatMap(({ payload }) => valueAt(payload, path) ?? []);
  const ids = points.map(({ id, chunkId }) => ({ id: textOf(id) ?? "", chunkId }));
  const rule = path === null ? ownIdRule : pointIdRule(ids);
  // Of an empty collection its index says what it is to hold.
  const isNumeric =
    named.length > 0
      ? named.every((id) => typeof id !== "string")
      : path !== null && info.indexes.get(keyOf(path)) === "integer";
  return { info, someNames, conventions: { rule, isNumeric, epoch } };
}

/** An older server would take the points and ignore their condition. A version that isn't told is taken for a new one. */
export async function refuseOld(caller: PointsCaller, signal: AbortSignal): Promise<void> {
  const version = member(parseAnswer(await caller.collection.call({ method: "GET", path: "/" }, signal)), "version");
  const [major = 0, minor = 0] = typeof version === "string" ? version.split(".").map(Number) : [1, 16];
  if (major > 1 || (major === 1 && minor >= 16)) return;
  const message = `Qdrant ${String(version)} can't make a write depend on what the point holds: upgrade it to 1.16 or later`;
  throw new RetrieverError({ code: "RETR_REPAIR_WRITE_REFUSED", message });
}
