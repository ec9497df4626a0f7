import { baseConfigSchema } from "@retriever/sidecar/contract/base.ts";
import { overlayAdapterSchema } from "@retriever/stores/kinds.ts";
import { describe, expect, test } from "vitest";
import { basePatch } from "./base-patch.ts";

/** RFC 7396. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const isObject = typeof target === "object" && target !== null && !Array.isArray(target);
  const result = new Map<string, unknown>(isObject ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, merged(result.get(key), value));
  }
  return Object.fromEntries(result);
}

const sources = {
  pgvector: {
    kind: "pgvector",
    connectionString: { fromEnv: "DATABASE_URL" },
    where: "deleted = false",
    table: "old_chunks",
    metadataColumns: ["language"],
    fields: { id: "key", text: "body" },
    indexSettings: { hnswEfSearch: 100, ivfflatProbes: 4 },
    tls: { caFile: "/etc/retriever/ca/pg.pem" },
    poolSize: 20,
  },
  qdrant: {
    kind: "qdrant",
    url: "https://old.search.svc:6333",
    collection: "old",
    apiKey: { fromFile: "/etc/retriever/credentials/old" },
    vectorName: "text",
    consistency: "strong",
    searchSettings: { exact: true, quantization: { rescore: true } },
    tls: { caFile: "/etc/retriever/ca/old.pem" },
  },
};
const destinations = {
  pgvector: {
    kind: "pgvector",
    host: "pg.search.svc",
    database: "search",
    user: { fromEnv: "RETRIEVER_CRED_PG_USER" },
    indexSettings: { hnswEfSearch: 200 },
  },
  qdrant: {
    kind: "qdrant",
    url: "http://new.search.svc:6333",
    collection: "new",
    apiKey: { fromEnv: "RETRIEVER_CRED_QDRANT" },
    searchSettings: { hnswEf: 256 },
  },
};
const pairs = (["pgvector", "qdrant"] as const).flatMap((from) =>
  (["pgvector", "qdrant"] as const).flatMap((to) => [from, undefined].map((known) => ({ from, to, known }))),
);

describe("the patch of the base", () => {
  test.each(pairs)("from $from to $to (told: $known) leaves nothing of the source", ({ from, to, known }) => {
    const destination = overlayAdapterSchema.parse(destinations[to]);
    const patch: unknown = JSON.parse(basePatch(destination, known));
    const base = baseConfigSchema.parse({
      primary: sources[from],
      dualRead: { enabled: true, sampleRate: 0.1, shadow: destinations.qdrant },
      select: ["text"],
    });
    const whole = baseConfigSchema.parse(merged(base, patch));
    expect(whole.primary).toEqual(baseConfigSchema.parse(merged({}, patch)).primary);
    expect(whole).toMatchObject({ dualRead: { enabled: false }, select: ["text"] });
  });

  test("doesn't name the variable that a base with Postgres may have already", () => {
    const destination = overlayAdapterSchema.parse(destinations.pgvector);
    expect(basePatch(destination, "pgvector")).not.toContain('"DATABASE_URL"');
    expect(basePatch(destination, "qdrant")).toContain('"DATABASE_URL"');
  });
});
