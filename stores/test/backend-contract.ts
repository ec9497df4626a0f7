// What every adapter must do, run on each of them.
import { expect, test } from "vitest";
import { RetrieverError } from "#errors.ts";
import { parseFilter } from "#filter/parse-filter.ts";
import type { Backend, BackendAnswer } from "#ports/backend.ts";
import { requestOf } from "#test/requests.ts";
import { vectorAt } from "./points.ts";

/** How the suite reaches an adapter over the test's forty points. */
type BackendUnderTest = {
  /** The normal one. */
  readonly backend: () => Backend;
  /** The same store by another collection or table, which isn't there. */
  readonly missing: () => Backend;
  /** Nobody listens there. */
  readonly unreachable: () => Backend;
};

const filterable = { lang: "keyword", pages: "integer" } as const;
const german = { eq: { field: "lang", value: "de" } };
const filterCases = [
  { filter: german, left: (id: number) => id % 3 === 0 },
  { filter: { eq: { field: "lang", value: "de' OR '1'='1" } }, left: () => false },
  { filter: { not: german }, left: (id: number) => id % 3 !== 0 },
  { filter: { in: { field: "pages", values: [3, 5, 400] } }, left: (id: number) => id === 3 || id === 5 },
  { filter: { in: { field: "lang", values: [] } }, left: () => false },
  { filter: { range: { field: "pages", gt: 3, lte: 9 } }, left: (id: number) => id > 3 && id <= 9 },
  {
    filter: { and: [german, { or: [{ range: { field: "pages", lt: 4 } }, { eq: { field: "pages", value: 33 } }] }] },
    left: (id: number) => id % 3 === 0 && (id < 4 || id === 33),
  },
  { filter: { exists: { field: "pages" } }, left: () => true },
  { filter: { not: { exists: { field: "lang" } } }, left: () => false },
];

/** Registers the suite's tests. */
export function describeBackend(under: BackendUnderTest): void {
  test("candidates come best first, normalised, at most k, with their facts", async () => {
    const { candidates, vectorMs } = await ask(under.backend(), { embedding: vectorAt(7.1), k: 4 });
    expect(candidates.map((candidate) => candidate.chunkId)).toEqual(["chunk-7", "chunk-8", "chunk-6", "chunk-9"]);
    expect(candidates[0]).toMatchObject({ entityId: "entity-2", updatedAt: "2026-01-01T00:00:07.000Z" });
    const similarities = candidates.map((candidate) => candidate.similarity);
    expect(similarities).toEqual(similarities.toSorted((a, b) => b - a));
    expect(similarities[0]).toBeGreaterThan(0.99);
    expect(Math.max(...similarities)).toBeLessThanOrEqual(1);
    expect(vectorMs).toBeGreaterThan(0);
  });

  test("an exact request narrows and ranks as any other", async () => {
    const exact = {
      ...request({ embedding: vectorAt(9), k: 3, namespace: "odd", filters: { lang: "de" } }),
      isExact: true,
    };
    const { candidates } = await under.backend().retrieve(exact, AbortSignal.timeout(5000));
    expect(candidates.map((each) => each.chunkId)).toEqual(["chunk-9", "chunk-15", "chunk-3"]);
  });

  test("an exact request returns all that its filters leave and nothing else, however much it asks for", async () => {
    const exact = { ...request({ embedding: vectorAt(9), k: 1000, namespace: "odd" }), isExact: true, timeoutMs: 1000 };
    const ids = async (filters: object) =>
      (await under.backend().retrieve({ ...exact, ...filters }, AbortSignal.timeout(5000))).candidates.map(
        ({ chunkId }) => Number(chunkId.split("-")[1]),
      );
    const odd = Array.from({ length: 20 }, (_, index) => 2 * index + 1);
    expect((await ids({})).toSorted((a, b) => a - b)).toEqual(odd);
    expect((await ids({ filters: { lang: "de" } })).toSorted((a, b) => a - b)).toEqual(
      odd.filter((id) => id % 3 === 0),
    );
    expect(await ids({ filters: { pages: 5 } })).toEqual([5]);
    expect(await ids({ filters: { pages: 6 } })).toEqual([]);
  });

  test("a namespace and filters of every type narrow the answer", async () => {
    const ids = async (rest: object) =>
      (await ask(under.backend(), { embedding: vectorAt(9), k: 3, ...rest })).candidates.map((each) => each.chunkId);
    expect(await ids({ namespace: "odd" })).toEqual(["chunk-9", "chunk-11", "chunk-7"]);
    expect(await ids({ namespace: "odd", filters: { lang: "de" } })).toEqual(["chunk-9", "chunk-15", "chunk-3"]);
    expect(await ids({ filters: { pages: 5 } })).toEqual(["chunk-5"]);
    expect(await ids({ filters: { lang: "fr" } })).toEqual([]);
    expect(await ids({ filters: { lang: "de' OR '1'='1" } })).toEqual([]);
  });

  test.each(filterCases)("the filter $filter leaves what it says", async ({ filter, left }) => {
    const typed = { ...request({ embedding: vectorAt(9), k: 1000 }), filter: parseFilter(filter, filterable) };
    const { candidates } = await under.backend().retrieve(typed, AbortSignal.timeout(5000));
    const numbers = candidates.map(({ chunkId }) => Number(chunkId.split("-")[1]));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index).filter(left));
  });

  test("a filter narrows beside namespace and flat filters", async () => {
    const query = request({ embedding: vectorAt(9), k: 3, namespace: "odd", filters: { lang: "de" } });
    const filter = parseFilter({ range: { field: "pages", gt: 9 } }, filterable);
    const { candidates } = await under.backend().retrieve({ ...query, filter }, AbortSignal.timeout(5000));
    expect(candidates.map(({ chunkId }) => chunkId)).toEqual(["chunk-15", "chunk-21", "chunk-27"]);
  });

  test("an embedding of another size is the request's fault and says which sizes", async () => {
    await expect(ask(under.backend(), { embedding: [1, 2, 3], k: 1 })).rejects.toMatchObject({
      code: "RETR_REQUEST_INVALID",
      path: "embedding",
      message: "embedding: expected 8 numbers, got 3",
    });
  });

  test("a probe tells what the store holds", async () => {
    const facts = await under.backend().probe(AbortSignal.timeout(5000));
    expect(facts).toMatchObject({
      reachable: true,
      tls: "off",
      authenticated: true,
      exists: true,
      dimension: 8,
      count: 40,
    });
    expect(facts.fault).toBeNull();
  });

  test("a missing collection or table is told apart from a dead store", async () => {
    const backend = under.missing();
    const facts = await backend.probe(AbortSignal.timeout(5000));
    expect(facts).toMatchObject({
      reachable: true,
      authenticated: true,
      exists: false,
      fault: { code: "RETR_BACKEND_MISSING" },
    });
    await expect(ask(backend, { embedding: vectorAt(1), k: 1 })).rejects.toMatchObject({
      code: "RETR_BACKEND_MISSING",
    });
    await backend.close();
  });

  test("a store nobody listens for is unavailable, and its probe says unreachable without rejecting", async () => {
    const backend = under.unreachable();
    expect(await backend.probe(AbortSignal.timeout(5000))).toMatchObject({ reachable: false, exists: null });
    await expect(ask(backend, { embedding: vectorAt(1), k: 1 })).rejects.toMatchObject({
      code: "RETR_BACKEND_UNAVAILABLE",
    });
    await backend.close();
  });

  test("an aborted signal ends a request as a deadline, and the next request is served", async () => {
    const backend = under.backend();
    const aborted = backend.retrieve(request({ embedding: vectorAt(1), k: 1 }), AbortSignal.abort());
    await expect(aborted).rejects.toMatchObject({ code: "RETR_DEADLINE_EXCEEDED" });
    await expect(aborted).rejects.toBeInstanceOf(RetrieverError);
    expect((await ask(backend, { embedding: vectorAt(1), k: 1 })).candidates).toHaveLength(1);
  });

  test("many requests at once all get their own answers", async () => {
    const positions = Array.from({ length: 40 }, (_, index) => index);
    const answers = await Promise.all(positions.map((at) => ask(under.backend(), { embedding: vectorAt(at), k: 1 })));
    expect(answers.map((answer) => answer.candidates[0]?.chunkId)).toEqual(positions.map((at) => `chunk-${at}`));
  });
}

function ask(backend: Backend, body: object): Promise<BackendAnswer> {
  return backend.retrieve(request(body), AbortSignal.timeout(5000));
}

function request(body: object) {
  return requestOf(body);
}
