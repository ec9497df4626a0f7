import { expect, test } from "vitest";
import { RetrieverError } from "#errors.ts";
import { makeSpec } from "#test/spec.ts";
import { readOwnIdentity } from "./own-identity.ts";

const spec = makeSpec("qdrant", { url: "http://qdrant.test:6333", collection: "current" });
const { signal } = new AbortController();

function ownOf(answer: () => Promise<string>) {
  return readOwnIdentity({ call: answer }, spec, signal);
}

function listed(aliases: unknown): () => Promise<string> {
  return async () => JSON.stringify({ result: { aliases }, status: "ok", time: 0 });
}

test("an alias is the collection that it leads to, and any other name is its own", async () => {
  const led = await ownOf(listed([{ alias_name: "current", collection_name: "chunks-2" }]));
  const other = await ownOf(listed([{ alias_name: "next", collection_name: "chunks-2" }]));
  expect([led?.label, other?.label]).toEqual([expect.stringContaining("chunks-2"), expect.stringContaining("current")]);
});

test.each<[string, () => Promise<string>]>([
  [
    "the key may not list them",
    () => Promise.reject(new RetrieverError({ code: "RETR_BACKEND_AUTH", message: "forbidden" })),
  ],
  [
    "a proxy doesn't pass the route on",
    () => Promise.reject(new RetrieverError({ code: "RETR_BACKEND_MISSING", message: "404" })),
  ],
  ["the answer holds no list", listed(null)],
])("whose a name is, is unknown where %s", async (_, answer) => {
  expect(await ownOf(answer)).toBeUndefined();
});
