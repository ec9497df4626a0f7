// Who a collection is by its own name: the configured one may be an alias of it.
import { identityOf, type StoreIdentity } from "#config/identity.ts";
import { member, parseAnswer } from "../client/answers.ts";
import type { Collection } from "../client/collection.ts";
import { locateQdrant, type QdrantSpec } from "../config/schema.ts";

/** Undefined where aliases can't be listed: by this credential, or through a proxy. Nobody knows then what it is. */
export async function readOwnIdentity(
  { call }: Pick<Collection, "call">,
  spec: QdrantSpec,
  signal: AbortSignal,
): Promise<StoreIdentity | undefined> {
  const aliases = await call({ method: "GET", path: "/aliases" }, signal).then(
    (text) => member(member(parseAnswer(text), "result"), "aliases"),
    (error: unknown) => {
      if (signal.aborted) throw error;
    },
  );
  if (!Array.isArray(aliases)) return undefined;
  const own: unknown = aliases.find((alias: unknown) => member(alias, "alias_name") === spec.collection);
  const name = member(own, "collection_name");
  return identityIn(spec, typeof name === "string" ? name : spec.collection);
}

function identityIn({ url, vectorName }: QdrantSpec, collection: string): StoreIdentity {
  return identityOf({ ...locateQdrant(url, collection), vector: vectorName });
}
