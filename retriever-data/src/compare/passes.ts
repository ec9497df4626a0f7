// The passes of a run over its stores: into the table, for the names of what is left, and for the vectors.
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import { hashValue, makeHashId } from "@retriever/stores/chunks/element-hash.ts";
import { idTextAt } from "@retriever/stores/chunks/ids.ts";
import { nearestUnits, wholeUnits } from "@retriever/stores/chunks/moment-unit.ts";
import { type ChunkBatch, type FoundChunk, mostLookedUp, oddMoments } from "@retriever/stores/ports/chunk-store.ts";
import { peel } from "#core/difference-table.ts";
import { type IdSet, makeIdSet } from "#core/id-set.ts";
import { joinIds, leftoverIds, without } from "#core/leftover-ids.ts";
import { countMoment, isMoment } from "#core/moment-unit.ts";
import { addDoubled, type RunState, rewind, type SideTotals } from "#core/run-state.ts";
import { isSameVector, type VectorRule } from "#core/same-vector.ts";
import { isInShare, isWhole, shareSeed } from "#core/scope.ts";
import { change, estimateLeftovers, makeSketch } from "#core/sketch.ts";
import { countDoubles, type IdWatch, noteCandidate, rereadForDoubles, watchIds } from "./find-doubles.ts";
import { makePace } from "./pace.ts";
import { readSide } from "./read-side.ts";
import { deadline } from "./retry.ts";
import { type Descriptions, onBoth, type RunDeps, type RunOptions, storeNames } from "./run-deps.ts";
import { takePrecision } from "./take-precision.ts";

/** With more parts than this no list could hold the differences, so only `partsWhenTooMany` are read. */
const mostParts = 8;
/** Enough to fill a list. */
const partsWhenTooMany = 2;
const lookUpDeadlineMs = 60_000;
/** Ids kept as suspects, at most; more would name nothing that a list could hold. */
const mostSuspects = 500_000;

export type PassContext = {
  readonly state: RunState;
  readonly options: RunOptions;
  readonly deps: RunDeps;
  readonly signal: AbortSignal;
  /** Called after every batch. */
  readonly onBatch: (name: StoreName, chunks: number) => void;
};
type TableContext = PassContext & { readonly both: Descriptions };

/** Reads both stores into the table until what is left of it can be named, part by part when there is too much. */
export async function fillTable(context: TableContext): Promise<void> {
  const { state, deps } = context;
  if (watchIds(context.both) !== null && rereadForDoubles(state)) {
    deps.onNote("the stores are read from the beginning, to find ids that either holds more than once");
  }
  for (;;) {
    const watches = state.parts === 1 ? watchIds(context.both) : null;
    await onBoth(context.signal, (name, signal) => addSide({ ...context, signal }, name, watches?.[name] ?? null));
    if (await takePrecision(context)) continue;
    if (watches !== null) {
      await onBoth(context.signal, (name, signal) => countDoubles({ ...context, signal }, name, watches[name]));
    }
    const leftovers = peel(state.sketch.table);
    if (state.parts === 1 && !leftovers.isComplete) {
      splitUp(state);
      const estimate = `${state.parts} parts of the ids, ${state.lastPart + 1} of which are read`;
      deps.onNote(`more differs than the table holds (${state.sketch.table.capacity}): going on by ${estimate}`);
    } else {
      const { source, destination } = leftoverIds(leftovers);
      state.wanted = {
        source: joinIds(state.wanted.source, source),
        destination: joinIds(state.wanted.destination, destination),
      };
      state.isTruncated ||= !leftovers.isComplete;
      if (state.part >= state.lastPart) break;
      state.part += 1;
    }
    state.sketch = makeSketch(state.cells);
    rewind(state);
  }
  rewind(state);
  state.sketch = makeSketch(state.cells);
  state.step = "name";
}

function splitUp(state: RunState): void {
  const { capacity } = state.sketch.table;
  const parts = Math.ceil(estimateLeftovers(state.sketch) / (capacity * 0.8));
  const isTooMany = parts > mostParts;
  state.parts = Number.isFinite(parts) ? Math.max(2, parts) : 1024;
  state.lastPart = isTooMany ? partsWhenTooMany - 1 : state.parts - 1;
  state.isTruncated = isTooMany;
}

async function addSide(context: PassContext, name: StoreName, watch: IdWatch | null): Promise<void> {
  const { state, signal, onBatch } = context;
  const addBatch = makeAddBatch(state, name === "source" ? 1 : -1, watch);
  // Only the first pass counts: each further one reads the same chunks again.
  const totals = state.parts === 1 ? state.totals[name] : null;
  await readSide(
    {
      ...readingOf(context, name),
      level: tableLevel(state),
      onBatch: (batch) => {
        addBatch(batch, totals);
        if (totals !== null && batch.doubledIds !== undefined) addDoubled(state.doubled[name], batch.doubledIds);
        if (totals !== null && name === "source" && state.momentPrecision === "microsecond")
          context.deps.onSourceBatch?.(batch);
        onBatch(name, batch.count);
      },
    },
    context.deps,
    signal,
  );
}

/** Vectors of different widths have no common digest: they are compared by look-ups, not by the table. */
function tableLevel({ scope }: RunState) {
  return scope.level === "vector" ? "payload" : scope.level;
}

function readingOf({ state, options, deps }: PassContext, name: StoreName) {
  const sinceMs = state.scope.since === null ? null : Date.parse(state.scope.since);
  return { store: deps.stores[name], options, sinceMs, side: state.sides[name] };
}

/** The loop over a batch's rows. */
function makeAddBatch(state: RunState, sign: 1 | -1, watch: IdWatch | null) {
  const hashId = makeHashId(state.seed);
  const isIn = makeShareTest(state);
  const element = new Int32Array(4);
  const payload: [number, number] = [0, 0];
  const elements = new Elements();
  return (batch: ChunkBatch, totals: SideTotals | null): void => {
    const { count, idBytes, idEnds, updatedAtMs, payloadDigests } = batch;
    const { part, parts, sketch } = state;
    if (totals !== null) addCoarse(totals, batch);
    elements.clear(count);
    for (let row = 0, start = 0; row < count; row += 1) {
      const end = idEnds[row] as number;
      const isInScope = isIn(idBytes, start, end);
      if (isInScope) hashId(idBytes, start, end, element);
      start = end;
      if (!isInScope) continue;
      if (watch?.seen.add(element[0] as number, element[1] as number)) noteCandidate(watch, idTextAt(batch, row));
      const time = updatedAtMs[row] as number;
      if (totals !== null) countIn(totals, time);
      if (parts > 1 && (element[0] as number) % parts !== part) continue;
      if (payloadDigests !== null) {
        payload[0] = payloadDigests[row * 2] as number;
        payload[1] = payloadDigests[row * 2 + 1] as number;
      }
      hashValue(momentIn(state, time, sign), payload, element);
      elements.add(element);
    }
    change(sketch, elements.all, sign);
  };
}

/** Those of a batch, one after the other. */
class Elements {
  #words = new Int32Array(0);
  #end = 0;

  /** Leaves room for so many. */
  clear(count: number): void {
    if (this.#words.length < count * 4) this.#words = new Int32Array(count * 4);
    this.#end = 0;
  }

  add(element: Int32Array): void {
    for (let word = 0; word < 4; word += 1) this.#words[this.#end + word] = element[word] as number;
    this.#end += 4;
  }

  get all(): Int32Array {
    return this.#words.subarray(0, this.#end);
  }
}

/** What stands for a moment in the table. Two that can't be read are two different ones. */
function momentIn({ momentPrecision, roundsMoments }: RunState, time: number, sign: 1 | -1): number {
  if (time === oddMoments.unreadable) return time * (2 + sign);
  return roundsMoments ? nearestUnits(time, momentPrecision) : wholeUnits(time, momentPrecision);
}

function addCoarse({ coarse }: SideTotals, { coarseMoments }: ChunkBatch): void {
  if (coarseMoments === undefined) return;
  coarse.milliseconds += coarseMoments.milliseconds;
  coarse.seconds += coarseMoments.seconds;
  coarse.days += coarseMoments.days;
}

function countIn(totals: SideTotals, time: number): void {
  totals.read += 1;
  if (!isMoment(time)) return;
  totals.dated += 1;
  countMoment(totals, time);
  if (totals.newestMs === null || time > totals.newestMs) totals.newestMs = time;
}

type ShareTest = (bytes: Uint8Array, start: number, end: number) => boolean;

function makeShareTest({ scope }: Pick<RunState, "scope">): ShareTest {
  if (isWhole(scope)) return () => true;
  const hashId = makeHashId(shareSeed);
  const words = new Int32Array(4);
  return (bytes, start, end) => {
    hashId(bytes, start, end, words);
    return isInShare(scope, words[0] as number, words[1] as number);
  };
}

/** Pairs of id words by the store that names them: a chunk that both hold is named by the source. */
export function idsToName({ wanted: { source, destination } }: Pick<RunState, "wanted">): RunState["wanted"] {
  return { source, destination: without(destination, source) };
}

/** Looks for the ids that belong to what was left of the table. */
export async function nameLeftovers(context: PassContext): Promise<void> {
  const { state } = context;
  const ids = idsToName(state);
  await onBoth(context.signal, async (name, signal) => {
    const wanted = makeIdSet(ids[name]);
    if (wanted.size > 0) await nameIn({ ...context, signal }, name, wanted);
  });
  rewind(state);
  state.step = state.scope.level === "vector" ? "vectors" : "confirm";
}

/** Those of `ids` that a scan of the store names now. */
export async function namedByScan(context: PassContext, name: StoreName, ids: ReadonlySet<string>): Promise<string[]> {
  const { deps, options, signal, onBatch } = context;
  const named = new Set<string>();
  const take = (batch: ChunkBatch): void => {
    for (let row = 0; row < batch.count; row += 1) {
      const id = idTextAt(batch, row);
      if (ids.has(id)) named.add(id);
    }
    onBatch(name, batch.count);
  };
  const side = { cursor: null, isDone: false };
  await readSide({ store: deps.stores[name], options, sinceMs: null, side, level: "ids", onBatch: take }, deps, signal);
  return [...named];
}

async function nameIn(context: PassContext, name: StoreName, wanted: IdSet): Promise<void> {
  const { state, deps, signal, onBatch } = context;
  const hashId = makeHashId(state.seed);
  const words = new Int32Array(4);
  const take = (batch: ChunkBatch): void => {
    let start = 0;
    for (let row = 0; row < batch.count; row += 1) {
      const end = batch.idEnds[row] as number;
      hashId(batch.idBytes, start, end, words);
      if (wanted.has(words[0] as number, words[1] as number)) addSuspect(state, idTextAt(batch, row));
      start = end;
    }
    onBatch(name, batch.count);
  };
  await readSide({ ...readingOf(context, name), level: "ids", onBatch: take }, deps, signal);
}

function addSuspect(state: RunState, id: string): void {
  if (state.suspects.length < mostSuspects) state.suspects.push(id);
  else state.isTruncated = true;
}

/** Reads one store with its vectors and looks each chunk up in the other, which finds it by an index. */
export async function compareVectors(context: PassContext, rule: VectorRule, driver: StoreName): Promise<void> {
  const { state, options, deps, signal, onBatch } = context;
  const other = storeNames.find((name) => name !== driver) ?? "source";
  const paced = makePace(options.rowsPerSecond, deps);
  const isIn = makeShareTest(state);
  const compare = async (batch: ChunkBatch): Promise<void> => {
    const rows = rowsById(batch, isIn);
    const ids = [...rows.keys()];
    for (let start = 0; start < ids.length; start += mostLookedUp) {
      const some = ids.slice(start, start + mostLookedUp);
      const ask = () => deps.stores[other].lookUp(some, "vector", deadline(signal, lookUpDeadlineMs));
      const found = await paced(some.length, signal, ask);
      const present = new Set(found.map(({ id }) => id));
      for (const id of some) if (!present.has(id)) addSuspect(state, id);
      for (const chunk of found) {
        if (!isSameVector(vectorAt(batch, rows.get(chunk.id) ?? 0), chunk.vector, rule)) addSuspect(state, chunk.id);
      }
    }
    onBatch(driver, batch.count);
  };
  await readSide({ ...readingOf(context, driver), level: "vector", onBatch: compare }, deps, signal);
  rewind(state);
  state.step = "confirm";
}

function rowsById(batch: ChunkBatch, isIn: ShareTest): Map<string, number> {
  const rows = new Map<string, number>();
  let start = 0;
  for (let row = 0; row < batch.count; row += 1) {
    const end = batch.idEnds[row] as number;
    if (isIn(batch.idBytes, start, end)) rows.set(idTextAt(batch, row), row);
    start = end;
  }
  return rows;
}

function vectorAt({ vectors, dimension }: ChunkBatch, row: number): FoundChunk["vector"] {
  const vector = vectors?.subarray(row * dimension, (row + 1) * dimension);
  return vector === undefined || Number.isNaN(vector[0]) ? null : vector;
}
