import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identityOf } from "@retriever/stores/config/identity.ts";
import { loadAdapters } from "@retriever/stores/kinds.ts";
import { afterAll, expect, test } from "vitest";
import { nameStores } from "./open-stores.ts";

const folder = mkdtempSync(join(tmpdir(), "retriever-stores-"));
afterAll(() => rmSync(folder, { recursive: true }));

const deps = { env: { RETRIEVER_ALLOWED_HOSTS: "q.svc:6333" }, registry: await loadAdapters() };
const { digest } = identityOf({ kind: "pgvector", host: "pg", port: 5432, place: "d/public.vector_chunks" });

function isServed(overlay: object): boolean {
  const document = {
    schema: 1,
    revision: { epoch: 1, migrationUid: "m", plan: "p" },
    source: { digest },
    destination: { kind: "qdrant", url: "http://q.svc:6333", collection: "chunks" },
    sampleRate: 0,
    shadow: "none",
    thresholds: { scoreDelta: 0.2, latencyDeltaMs: 80 },
    released: false,
    ...overlay,
  };
  const primary = { kind: "pgvector", connectionString: "postgres://u@pg/d" };
  writeFileSync(join(folder, "retriever.json"), JSON.stringify({ primary }));
  writeFileSync(join(folder, "migration.json"), JSON.stringify(document));
  return nameStores({ config: folder }, deps).servesDestination;
}

test("a destination is served where an overlay makes it the primary, and may have been where one rolls back", () => {
  expect(isServed({ primary: "source" })).toBe(false);
  expect(isServed({ primary: "destination" })).toBe(true);
  expect(isServed({ primary: "source", rollback: true })).toBe(true);
});
