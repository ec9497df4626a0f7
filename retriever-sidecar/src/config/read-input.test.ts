// Which store an overlay pins, whatever version wrote it.
import { identityOf } from "@retriever/stores/config/identity.ts";
import { loadAdapters } from "@retriever/stores/kinds.ts";
import { describe, expect, it } from "vitest";
import { noDestination } from "#contract/overlay.ts";
import { decideActivation } from "#core/activation-decision.ts";
import { makeOverlay, qdrantDestination } from "#test/documents.ts";
import { makeReadInput } from "./read-input.ts";

const readInput = makeReadInput({ env: {}, registry: await loadAdapters(), allowedHosts: [] });
const clock = { startedAtMs: 0, nowMs: 0 };
const place = { kind: "pgvector", host: "pg", port: 5432, place: "d/public.vector_chunks" };
const digests = (vector?: string) => {
  const { digest, placeDigest = digest } = identityOf({ ...place, vector });
  return { storeDigest: digest, digest: placeDigest };
};
const url = "http://q.svc:6333";
const elsewhere = qdrantDestination(url, { vectorName: "text" });

/** The configuration of a pod that starts with these documents. */
function start(embeddingColumn: string, source: object, destination = elsewhere) {
  const base = JSON.stringify({
    primary: { kind: "pgvector", connectionString: "postgres://u@pg/d", embeddingColumn },
  });
  const overlay = { ...(JSON.parse(makeOverlay("", destination)) as object), source };
  const input = readInput({ base: { text: base }, overlay: { text: JSON.stringify(overlay) } });
  const decision = decideActivation({ ...input, active: null, clock });
  if (decision.kind !== "run") throw new Error(decision.fault.message);
  return decision.config;
}

describe("the source that an overlay pins", () => {
  const { digest } = digests();
  it.each([
    { title: "by its own digest", column: "large", source: digests("large"), isOne: true },
    { title: "by that of another column", column: "large", source: digests("small"), isOne: false },
    { title: "by that of the default column", column: "large", source: digests(), isOne: false },
    { title: "by its place alone, as the version before did", column: "large", source: { digest }, isOne: true },
    { title: "as the default column's", column: "embedding", source: { digest }, isOne: true },
    {
      title: "by its own digest alone",
      column: "large",
      source: { digest: digests("large").storeDigest },
      isOne: true,
    },
  ])("$title: is the base's $isOne", ({ column, source, isOne }) => {
    const { sourceChanged, overlay } = start(column, source);
    expect({ sourceChanged, isFollowed: overlay !== null }).toEqual({ sourceChanged: !isOne, isFollowed: isOne });
  });
});

describe("under an overlay of the version before", () => {
  const labels = (config: ReturnType<typeof start>) =>
    [config.baseIdentity, config.source?.identity, config.destination?.identity].map((identity) => identity?.label);

  it("stores are called as it calls them", () => {
    const config = start("large", { digest: digests().digest });
    expect(labels(config)).toEqual([
      "pgvector://pg:5432/d/public.vector_chunks",
      "pgvector://pg:5432/d/public.vector_chunks",
      "qdrant://q.svc:6333/chunks",
    ]);
    expect(config.baseIdentity).not.toHaveProperty("placeDigest");
    expect(labels(start("large", digests("large")))[2]).toBe("qdrant://q.svc:6333/chunks#text");
  });

  it("stores of one place stay apart", () => {
    const user = { fromEnv: "RETRIEVER_CRED_PG_USER" };
    const column = { kind: "pgvector", host: "pg", database: "d", embeddingColumn: "small", user };
    const { source, destination } = start("embedding", { digest: digests().digest }, column);
    expect(source?.identity?.digest).not.toBe(destination?.identity?.digest);
  });
});

describe("the overlay of a rollback", () => {
  const text = (change: object) => {
    const tls = { caFile: "/etc/retriever/credentials/none.pem" };
    const overlay = JSON.parse(makeOverlay("", qdrantDestination("https://q.svc:6333", { tls }))) as object;
    return JSON.stringify({
      ...overlay,
      source: digests(),
      primary: "source",
      shadow: "none",
      sampleRate: 0,
      ...change,
    });
  };
  const base = JSON.stringify({ primary: { kind: "pgvector", connectionString: "postgres://u@pg/d" } });
  const allowedHosts = [{ host: "q.svc", port: null, credential: null, demandsTls: false }];
  const read = async (change: object, isForRepair: boolean) => {
    const readIt = makeReadInput({ env: {}, registry: await loadAdapters(), allowedHosts, isForRepair });
    const { overlay } = readIt({ base: { text: base }, overlay: { text: text(change) } });
    if (overlay.kind !== "valid" || !("fault" in overlay.value.destination.resolved)) throw new Error("no fault");
    return overlay.value.destination.resolved.fault.message;
  };

  it("makes a sidecar read no file of the destination, and a repair read it", async () => {
    expect(await read({}, false)).toContain("none.pem");
    expect(await read({ rollback: true }, false)).toContain("opens no destination after a rollback");
    expect(await read({ rollback: true }, true)).toContain("none.pem");
    expect(await read({ rollback: true, destination: noDestination }, true)).toContain("name both stores");
  });

  it("is served by the source alone", () => {
    const input = readInput({ base: { text: base }, overlay: { text: text({ rollback: true }) } });
    const decision = decideActivation({ ...input, active: null, clock });
    expect(decision).toMatchObject({ kind: "run", config: { primary: "source", destination: null } });
  });
});
