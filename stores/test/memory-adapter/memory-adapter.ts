// A third kind of store: stores that live in this process, reached by their name. What docs/adapters.md describes.
import { z } from "zod";
import { doc } from "#config/field-doc.ts";
import { kindSchema, namespaceDoc, timeoutMsSchema } from "#config/fields.ts";
import { RetrieverError } from "#errors.ts";
import { defineKind } from "#kind.ts";
import type { BackendDeps } from "#ports/backend.ts";
import { type Backend, type BackendAnswer, type BackendRequest, unknownFacts } from "#ports/backend.ts";
import type { FakePoint } from "#test/fakes/qdrant-server.ts";
import { passes } from "./passes.ts";

const schema = z.strictObject({
  kind: kindSchema("memory"),
  store: z
    .string()
    .min(1)
    .max(100)
    .meta(doc("Name of the store in this process.", "chunks", "")),
  namespaceField: z.string().max(128).default("namespace").meta(namespaceDoc("tenant", "")),
  timeoutMs: timeoutMsSchema,
});
type MemorySpec = z.infer<typeof schema>;

const form = {
  schema,
  locate: ({ store }: MemorySpec) => ({ kind: "memory", host: "memory", port: 1, place: store }),
  credentials: () => ({}),
  resolve: (document: MemorySpec) => document,
};

/** The kind over `stores`, by name. */
export function makeMemoryKind(stores: Readonly<Record<string, readonly FakePoint[]>>) {
  return defineKind({
    kind: "memory",
    base: form,
    overlay: form,
    load: async () => ({
      makeBackend: (spec: MemorySpec, deps: BackendDeps) => makeMemoryBackend(spec, stores, deps),
    }),
  });
}

function makeMemoryBackend(
  spec: MemorySpec,
  stores: Readonly<Record<string, readonly FakePoint[]>>,
  { similarity, clock }: BackendDeps,
): Backend {
  const open = (): readonly FakePoint[] => {
    const points = stores[spec.store];
    if (points !== undefined) return points;
    const code = spec.store.startsWith("down-") ? "RETR_BACKEND_UNAVAILABLE" : "RETR_BACKEND_MISSING";
    throw new RetrieverError({ code, message: `no store named ${spec.store}` });
  };
  const answer = (request: BackendRequest, signal: AbortSignal): BackendAnswer => {
    const startedAt = clock.monotonicMs();
    if (signal.aborted) throw new RetrieverError({ code: "RETR_DEADLINE_EXCEEDED", message: "too late" });
    const candidates = search(open(), request, spec.namespaceField).map(({ point: { payload }, score }) => ({
      chunkId: String(payload["chunk_id"]),
      entityId: String(payload["entity_id"]),
      similarity: similarity("cosine-similarity", score),
      updatedAt: String(payload["updated_at"]),
    }));
    return { candidates, vectorMs: clock.monotonicMs() - startedAt };
  };
  return {
    retrieve: (request, signal) => new Promise((resolve) => resolve(answer(request, signal))),
    probe: () => Promise.resolve(probe(open)),
    close: () => Promise.resolve(),
  };
}

function probe(open: () => readonly FakePoint[]) {
  const base = { ...unknownFacts, tls: "off" as const };
  try {
    const points = open();
    const dimension = points[0]?.vector.length ?? null;
    return {
      ...base,
      reachable: true,
      authenticated: true,
      exists: true,
      dimension,
      count: points.length,
      fault: null,
    };
  } catch (error) {
    const { code, message } = error as RetrieverError;
    const fault = { code, message };
    if (code !== "RETR_BACKEND_MISSING") return { ...base, reachable: false, fault };
    return { ...base, reachable: true, authenticated: true, exists: false, fault };
  }
}

function search(points: readonly FakePoint[], request: BackendRequest, field: string) {
  const { embedding, k, namespace, filters, filter } = request;
  const vector = JSON.parse(Buffer.from(embedding.json()).toString()) as number[];
  const dimension = points[0]?.vector.length ?? 0;
  if (vector.length !== dimension) {
    const message = `embedding: expected ${dimension} numbers, got ${vector.length}`;
    throw new RetrieverError({ code: "RETR_REQUEST_INVALID", message, path: "embedding" });
  }
  const wanted = Object.entries({ ...filters, ...(namespace === undefined ? {} : { [field]: namespace }) });
  return points
    .filter(({ payload }) => wanted.every(([key, value]) => payload[key] === value))
    .filter(({ payload }) => filter === undefined || passes(payload, filter))
    .map((point) => ({ point, score: cosine(point.vector, vector) }))
    .toSorted((a, b) => b.score - a.score)
    .slice(0, k);
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
