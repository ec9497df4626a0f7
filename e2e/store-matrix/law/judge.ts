// The law: what one way into a table accepts, every other accepts, and all of them say the same of its chunks. Pure, but for
// the requests of `judgeRequests`.
import type { Candidate } from "@retriever/stores/ports/backend.ts";
import type { FoundChunk, StoredChunk } from "@retriever/stores/ports/chunk-store.ts";
import { requestOf } from "@retriever/stores/test/requests.ts";
import { type Answers, type Opened, said } from "./answers.ts";
import { dimension, type StoreCase } from "./generate.ts";
import { limit } from "./probed.ts";

/** Refusals that are stated: what no text of Postgres holds, and a whole document of JSON in the place of a name. */
const stated =
  /holds the character NUL|^no condition on \S+ tells|show whether moments are|^column (entity|space) \(jsonb?\)/;
/** What nothing is written to is refused as a whole. */
const unwritten = /^a materialized view isn't written/;

/** What is wrong, in words; none: the law holds. */
export function judge(table: StoreCase, answers: Answers): string[] {
  const { probe, checked, served, scanned, lookedUp, fetched, refused } = answers;
  const refusals = { probe, checked: checked[0] ?? null, served, scanned, lookedUp };
  const sentences = Object.entries(refusals).map(([way, answer]) => [way, typeof answer === "string" ? answer : null]);
  const accepted = sentences.filter(([, sentence]) => sentence === null).map(([way]) => way);
  if (accepted.length === 0) return [];
  if (accepted.length < sentences.length)
    return [`accepted by ${accepted.join(", ")} alone: ${JSON.stringify(Object.fromEntries(sentences))}`];
  if (typeof fetched === "string") return [`repair: ${JSON.stringify({ fetched, refused })}`];
  return [
    ...unstated(refused).map((reason) => `repair: ${reason}`),
    ...judgeChunks(table, {
      served: served as readonly Candidate[],
      scanned: scanned as ReadonlyMap<string, number | null>,
      lookedUp: lookedUp as readonly FoundChunk[],
      fetched,
    }),
  ];
}

function unstated(refused: Answers["refused"]): readonly string[] {
  if (typeof refused === "string") return unwritten.test(refused) ? [] : [refused];
  return refused.filter((reason) => !stated.test(reason));
}

type Chunks = {
  readonly served: readonly Candidate[];
  readonly scanned: ReadonlyMap<string, number | null>;
  readonly lookedUp: readonly FoundChunk[];
  readonly fetched: readonly StoredChunk[];
};

function judgeChunks(table: StoreCase, { served, scanned, lookedUp, fetched }: Chunks): string[] {
  const ids = {
    scanned: [...scanned.keys()],
    lookedUp: lookedUp.map(({ id }) => id),
    fetched: fetched.map(({ id }) => id),
  };
  const wanted = served
    .map(({ chunkId }) => chunkId)
    .toSorted()
    .join();
  const others = Object.entries(ids).filter(([, found]) => found.toSorted().join() !== wanted);
  if (others.length > 0) return others.map(([way, found]) => `ids ${way}: ${found.join()} for ${wanted}`);
  const moments = new Map(lookedUp.map(({ id, updatedAtMs }) => [id, updatedAtMs]));
  const whole = new Map(fetched.map((chunk) => [chunk.id, chunk]));
  return served.flatMap((candidate) => {
    const { chunkId, updatedAt } = candidate;
    const chunk = whole.get(chunkId) as StoredChunk;
    const facts = table.isDated
      ? {
          scanned: isoOf(scanned.get(chunkId)),
          lookedUp: isoOf(moments.get(chunkId)),
          fetched: chunk.updatedAt?.slice(0, 23) ?? null,
        }
      : {};
    const read = Object.entries(facts)
      .filter(([, at]) => at?.replace("Z", "") !== updatedAt?.replace("Z", ""))
      .map(([way, at]) => `updated_at ${way}: ${at} for ${updatedAt}`);
    return [...read, ...judgeContent(table, candidate, chunk)];
  });
}

/** Of a moment beyond the calendar, or that can't be read, an answer says null. */
function isoOf(ms: number | null | undefined): string | null {
  return typeof ms === "number" && Math.abs(ms) <= 8.64e15 ? new Date(Math.floor(ms)).toISOString() : null;
}

function judgeContent(
  { metadata }: StoreCase,
  { text, metadata: members = {} }: Candidate,
  { fields }: StoredChunk,
): string[] {
  const shown = (value: unknown): string => JSON.stringify(value ?? null);
  const textOf = (value: unknown): string => (typeof value === "string" ? value : shown(value));
  const others = metadata.filter((name) => shown(members[name]) !== shown(fields[name]));
  return [
    ...others.map((name) => `${name}: served ${shown(members[name])}, fetched ${shown(fields[name])}`),
    // A text that is JSON is served as the store prints it.
    ...(text === undefined || [textOf(text), shown(parsed(text))].includes(textOf(fields["$text"]))
      ? []
      : [`text: served ${textOf(text)}, fetched ${textOf(fields["$text"])}`]),
  ];
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return text;
  }
}

const unindexed = /^strict mode of the collection refuses a filter on \S+ without an index: create one of type /;

const odd = [
  "no such",
  "7",
  "007",
  "7.0",
  "true",
  "",
  "99999999999999999999",
  "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A10",
  "{1}",
  "漢\u{1F600}",
  "a\\b'c",
];

/** A namespace that a verification names is found by asking for it, one that the column can't hold is in no row, and a filter is no fault of the store. */
export async function judgeRequests(
  { drawn: table, backend, store }: Opened,
  ids: readonly string[],
): Promise<string[]> {
  const embedding = Array.from({ length: dimension }, () => 1);
  const found = await store.lookUp(ids, "ids", limit());
  const named = new Set(found.flatMap(({ namespace }) => namespace ?? []));
  const wrong: string[] = [];
  for (const namespace of table.hasNamespace ? new Set([...named, ...odd]) : []) {
    const answer = await said(backend.retrieve(requestOf({ embedding, k: 100, namespace }), limit()));
    const of = found
      .filter((chunk) => chunk.namespace === namespace)
      .map(({ id }) => id)
      .toSorted()
      .join();
    const got =
      typeof answer === "string"
        ? answer
        : answer.candidates
            .map(({ chunkId }) => chunkId)
            .toSorted()
            .join();
    // Numbers and UUIDs may be asked for in another spelling.
    if (got !== of && (named.has(namespace) || typeof answer === "string"))
      wrong.push(`namespace ${namespace}: ${got} for ${of}`);
  }
  for (const value of ["no such", 7, true]) {
    const filters = { [table.metadata[0] as string]: value };
    const asked = backend.retrieve(requestOf({ embedding, k: 100, filters }), limit());
    await asked.catch((error: { readonly code: string; readonly message: string }) => {
      if (error.code !== "RETR_REQUEST_INVALID" && !unindexed.test(error.message))
        wrong.push(`filter ${value}: ${error.code} ${error.message}`);
    });
  }
  return wrong;
}
