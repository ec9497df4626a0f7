// Who a collection is by its own name: the configured one may be an alias of it.
import { identityOf, type StoreIdentity } from "#config/identity.ts";
import { member, parseAnswer } from "../client/answers.ts";
import type { Collection } from "../client/collection.ts";
import { locateQdrant, type QdrantSpec } from "../config/schema.ts";

/** Taken for no alias where aliases can't be listed: by this credential, or through a proxy. */
export async function readOwnIdentity({ call }: Collection, spec: QdrantSpec, signal: AbortSignal) {
  const text = await call({ method: "GET", path: "/aliases" }, signal).catch((error: unknown) => {
    if (signal.aborted) throw error;
    return "{}";
  });
  const aliases = member(member(parseAnswer(text), "result"), "aliases");
  const list: readonly unknown[] = Array.isArray(aliases) ? aliases : [];
  const own = list.find((alias) => member(alias, "alias_name") === spec.collection);
  const name = member(own, "collection_name");
  return identityIn(spec, typeof name === "string" ? name : spec.collection);
}

function identityIn({ url, vectorName }: QdrantSpec, collection: string): StoreIdentity {
  return identityOf({ ...locateQdrant(url, collection), vector: vectorName });
}
