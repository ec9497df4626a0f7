// The official client as oracle: the same request to the same store, once through the sidecar and once through the client,
// must give the same candidates in the same order, or the same class of error.
import { QdrantClient } from "@qdrant/js-client-rest";
import fc from "fast-check";
import { request } from "undici";
import { type StandIn, startStandIn } from "#stores/qdrant-standin/start.ts";
import { type Dataset, loadDataset } from "#support/dataset/read.ts";
import { type Sidecar, startSidecar } from "#support/sidecar/start-sidecar.ts";
import { conditionOf } from "./reference.ts";
import type { Tally } from "./tally.ts";

type Question = {
  readonly embedding: readonly number[];
  readonly k: number;
  readonly namespace?: string;
  readonly filters?: Readonly<Record<string, string | number | boolean>>;
};
type Found = {
  readonly chunkId: unknown;
  readonly entityId: unknown;
  readonly updatedAt: unknown;
  readonly similarity: number;
};
type ErrorClass = "the request's fault" | "the store's fault";
type Outcome = { readonly found: readonly Found[] } | { readonly error: ErrorClass };
type Options = { readonly questions: number; readonly seed: number; readonly tally: Tally };

const collection = "chunks";
const chunksLoaded = 600;
const epsilon = 1e-9;
const brokenQuestions = 5;

/** Counts each question once. */
export async function runDifferential({ questions, seed, tally }: Options): Promise<void> {
  const dataset = loadDataset();
  const standIn = await startStandIn({ address: "127.0.0.1", port: 0, seed: 1 });
  standIn.load(collection, dataset.dim, pointsOf(dataset));
  const sidecar = await startSidecar({ base: { primary: { kind: "qdrant", url: standIn.url, collection } } });
  const client = new QdrantClient({ url: standIn.url, checkCompatibility: false });
  const compare = async (question: Question, state: string): Promise<void> => {
    const [ours, oracle] = [await askSidecar(sidecar, question), await askClient(client, question)];
    const outcome = `differential, ${state}: ${nameOf(oracle)}`;
    const details = `${JSON.stringify({ ...question, embedding: "…" })} → ${print(ours)} / ${print(oracle)}`;
    tally.count(outcome, isSame(ours, oracle) ? undefined : details);
  };
  try {
    await sidecar.probed(dataset.dim);
    const sample = (numRuns: number): readonly Question[] => fc.sample(questionsAbout(dataset), { seed, numRuns });
    for (const question of sample(questions)) await compare(question, "a store that is well");
    // The sidecar knows the dimension and asks no store about a vector that can't fit.
    const fitting = sample(brokenQuestions * 2).filter(({ embedding }) => embedding.length === dataset.dim);
    const few = fitting.slice(0, brokenQuestions);
    for (const state of brokenStates) {
      await standIn.faults.set(state.faults);
      for (const question of few) await compare(question, state.name);
      await standIn.faults.clear();
    }
  } finally {
    await Promise.allSettled([sidecar.stop(), standIn.close()]);
  }
}

const brokenStates: readonly { name: string; faults: Parameters<StandIn["faults"]["set"]>[0] }[] = [
  { name: "a store that answers 500", faults: { errors: true } },
  { name: "a store that wants a key", faults: { apiKey: "secret" } },
  { name: "a store that is gone", faults: { refuse: true } },
];

function* pointsOf({ chunks, vector }: Dataset) {
  for (const [row, { chunkId, entityId, updatedAt, namespace, lang, pos, words, hasExample }] of chunks.entries()) {
    if (row >= chunksLoaded) return;
    const contract = { chunk_id: chunkId, entity_id: entityId, updated_at: updatedAt, namespace };
    yield { id: row, vector: vector(row), payload: { ...contract, lang, pos, words, hasExample, half: words + 0.5 } };
  }
}

/** Real queries mostly, real fields mostly; some of the wrong size, some that nothing matches. */
function questionsAbout({ dim, queries, queryVector, chunks }: Dataset): fc.Arbitrary<Question> {
  const real = fc.nat({ max: queries.length - 1 }).map((row) => [...queryVector(row)]);
  const scaled = fc
    .tuple(real, fc.constantFrom(1e-3, -1, 100))
    .map(([vector, by]) => vector.map((value) => value * by));
  const odd = fc.constantFrom(dim - 1, dim + 1, 1).map((size) => Array.from({ length: size }, () => 0.5));
  const namespaces = chunks.slice(0, chunksLoaded).map(({ namespace }) => namespace);
  const value = fc.oneof(
    fc.constantFrom("en", "noun", "verb", "", "nothing"),
    fc.constantFrom(1, 2, 1.5, 2.5, -0, 1e20, 2 ** 53),
    fc.boolean(),
  );
  const field = fc.constantFrom("lang", "pos", "words", "hasExample", "half", "unknown_field", "chunk_id");
  const guesses = fc.dictionary(field, value, { maxKeys: 2, noNullPrototype: true });
  const facts = fc
    .tuple(
      fc.constantFrom(...chunks.slice(0, chunksLoaded)),
      fc.subarray(["lang", "pos", "words", "hasExample"] as const),
    )
    .map(([chunk, fields]) => Object.fromEntries(fields.map((name) => [name, chunk[name]])));
  const filters = fc.oneof({ weight: 3, arbitrary: facts }, { weight: 1, arbitrary: guesses });
  return fc
    .record({
      embedding: fc.oneof(
        { weight: 10, arbitrary: real },
        { weight: 2, arbitrary: scaled },
        { weight: 1, arbitrary: odd },
        { weight: 1, arbitrary: fc.constant(Array.from({ length: dim }, () => 0)) },
      ),
      k: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constantFrom(1, 10, 100, 1000)),
      namespace: fc.oneof(
        { weight: 3, arbitrary: fc.constant(undefined) },
        { weight: 3, arbitrary: fc.constantFrom(...namespaces) },
        { weight: 1, arbitrary: fc.constant("no.such") },
      ),
      filters: fc.option(filters, { nil: undefined, freq: 2 }),
    })
    .map(({ embedding, k, namespace, filters: wanted }) => ({
      embedding,
      k,
      ...(namespace === undefined ? {} : { namespace }),
      ...(wanted === undefined ? {} : { filters: wanted }),
    }));
}

async function askSidecar(sidecar: Sidecar, question: Question): Promise<Outcome> {
  const { statusCode, body } = await request(`${sidecar.appUrl}/v1/retrieve`, {
    method: "POST",
    body: JSON.stringify(question),
    headersTimeout: 10_000,
  });
  const answer = (await body.json()) as { candidates?: readonly Found[] };
  if (statusCode === 200) return { found: answer.candidates ?? [] };
  return { error: statusCode < 500 ? "the request's fault" : "the store's fault" };
}

async function askClient(client: QdrantClient, { embedding, k, namespace, filters }: Question): Promise<Outcome> {
  const wanted = [
    ...(namespace === undefined ? [] : [["namespace", namespace] as const]),
    ...Object.entries(filters ?? {}),
  ];
  const must = wanted.map(([key, value]) => conditionOf(key, value)) as { key: string; match: { value: string } }[];
  const filter = must.length === 0 ? {} : { filter: { must } };
  try {
    const { points } = await client.query(collection, {
      query: [...embedding],
      limit: k,
      with_payload: true,
      ...filter,
    });
    return { found: points.map(({ score, payload }) => toFound(score, payload ?? {})) };
  } catch (error) {
    const status = error instanceof Error && "status" in error ? error.status : undefined;
    return { error: status === 400 || status === 422 ? "the request's fault" : "the store's fault" };
  }
}

/** The contract's normalisation of a cosine. */
function toFound(score: number, payload: Readonly<Record<string, unknown>>): Found {
  const similarity = (Math.min(1, Math.max(-1, score)) + 1) / 2;
  const { chunk_id: chunkId, entity_id: entityId, updated_at: updatedAt } = payload;
  return { chunkId, entityId, updatedAt, similarity };
}

function isSame(a: Outcome, b: Outcome): boolean {
  if ("error" in a || "error" in b) return "error" in a && "error" in b && a.error === b.error;
  if (a.found.length !== b.found.length) return false;
  return a.found.every((candidate, rank) => {
    const other = b.found[rank];
    const isSameRow = candidate.chunkId === other?.chunkId && candidate.entityId === other?.entityId;
    const isSameTime = Date.parse(String(candidate.updatedAt)) === Date.parse(String(other?.updatedAt));
    return isSameRow && isSameTime && Math.abs(candidate.similarity - (other?.similarity ?? 0)) <= epsilon;
  });
}

function nameOf(outcome: Outcome): string {
  if ("error" in outcome) return outcome.error;
  return outcome.found.length === 0 ? "no candidates" : "candidates";
}

function print(outcome: Outcome): string {
  if ("error" in outcome) return outcome.error;
  return outcome.found
    .slice(0, 3)
    .map(({ chunkId, similarity }) => `${String(chunkId)} ${similarity}`)
    .join(", ");
}
