// get and list, with selectors, paging and reads at a version.
// Reads only.

import { badRequest, failure, gone, notFound } from "../model/failure.ts";
import type { KubeObject } from "../model/json.ts";
import { groupVersion } from "../resources/resource-type.ts";
import { type Match, parseFieldSelector, parseLabelSelector } from "../resources/selector.ts";
import type { Call, Cluster } from "./call.ts";

type KubeList = {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly KubeObject[];
};

/** The live object, as its type serves it. */
export function getObject(cluster: Cluster, call: Call): KubeObject {
  const { type, namespace, name } = call;
  const found = cluster.store.get(type.storage, namespace, name);
  if (found === undefined) throw notFound(type, name);
  return found;
}

/** The selectors of a call as one test. */
export function matchOf({ query, type }: Call): Match {
  const labels = parseLabelSelector(query.labelSelector ?? "");
  const fields = parseFieldSelector(type, query.fieldSelector ?? "");
  return (object) => labels(object) && fields(object);
}

type Position = { readonly revision: number; readonly after: string };

export function listObjects(cluster: Cluster, call: Call): KubeList {
  const { type, namespace, query } = call;
  const { limit = 0, continue: token, resourceVersion = 0 } = query;
  checkReached(cluster, resourceVersion);
  const start = token === undefined ? { revision: cluster.store.revision, after: "" } : parseToken(token);
  const objects = cluster.store.listAt(type.storage, namespace, start.revision);
  if (objects === undefined) {
    throw gone(
      "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
    );
  }
  const match = matchOf(call);
  const matching = objects.filter((object) => match(object) && keyOf(object) > start.after);
  const page = limit > 0 ? matching.slice(0, limit) : matching;
  const remaining = matching.length - page.length;
  const last = page.at(-1);
  const next =
    remaining > 0 && last !== undefined
      ? { continue: makeToken({ revision: start.revision, after: keyOf(last) }), remainingItemCount: remaining }
      : {};
  return {
    kind: `${type.kind}List`,
    apiVersion: groupVersion(type),
    metadata: { resourceVersion: String(start.revision), ...next },
    items: page,
  };
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

/** Refuses a version of the future. */
export function checkReached(cluster: Cluster, revision: number): void {
  if (revision <= cluster.store.revision) return;
  const message = `Too large resource version: ${revision}, current: ${cluster.store.revision}`;
  const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
  throw failure({
    code: 504,
    reason: "Timeout",
    message: `Timeout: ${message}`,
    details: { causes, retryAfterSeconds: 1 },
  });
}

function makeToken(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

function parseToken(token: string): Position {
  try {
    const { revision, after } = JSON.parse(Buffer.from(token, "base64url").toString()) as Partial<Position>;
    if (typeof revision === "number" && typeof after === "string") return { revision, after };
  } catch {
    // Falls through to the refusal, which is the same for every malformed token.
  }
  throw badRequest("continue key is not valid: encoding error");
}
