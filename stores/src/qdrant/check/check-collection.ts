// Checks a collection before anything is served from it: its description, and one query.
import { RetrieverError } from "#errors.ts";
import type { CheckOptions, Finding } from "#ports/store-check.ts";
import { faultFinding } from "#values/findings.ts";
import { transportError } from "../client/classify.ts";
import { type Collection, openCollection, readCollection } from "../client/collection.ts";
import type { QdrantSpec } from "../config/schema.ts";
import { collectionChecks, qdrantFields } from "./checks.ts";

/** Never rejects. */
export async function checkCollection(
  spec: QdrantSpec,
  { signal, filterable }: CheckOptions,
): Promise<readonly Finding[]> {
  const collection = openCollection(spec, { connections: 1 });
  try {
    const { call, folder } = collection;
    const info = readCollection(await call({ method: "GET", path: folder }, signal), spec);
    const query = await tryQuery(collection, { spec, dimension: info.dimension ?? 1 }, signal);
    return collectionChecks.flatMap((check) => check({ info, query }, spec, filterable));
  } catch (error) {
    return [faultFinding(transportError(error, signal), qdrantFields)];
  } finally {
    await collection.close();
  }
}

type Trial = { readonly spec: QdrantSpec; readonly dimension: number };

async function tryQuery(
  { call, folder }: Collection,
  { spec, dimension }: Trial,
  signal: AbortSignal,
): Promise<RetrieverError | null> {
  const body = JSON.stringify({
    query: Array.from({ length: dimension }, () => 1),
    limit: 1,
    ...(spec.vectorName === undefined ? {} : { using: spec.vectorName }),
  });
  try {
    await call({ method: "POST", path: `${folder}/points/query`, body }, signal);
    return null;
  } catch (error) {
    if (error instanceof RetrieverError) return error;
    throw error;
  }
}
