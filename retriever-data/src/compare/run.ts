// One verification, from the first page to its findings. What a store throws becomes the reason of an unknown outcome.
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import {
  driftOf,
  mostIdLength,
  mostRemark,
  mostRemarks,
  type VerifyReport,
} from "@retriever/sidecar/contract/verify-report.ts";
import { type Fault, faultOf, RetrieverError } from "@retriever/stores/errors.ts";
import type { StoreDescription } from "@retriever/stores/ports/chunk-store.ts";
import { foreignIds, haveForeignIds, movedAway, undated, whyIncomparable, whyVectorless } from "#core/comparable.ts";
import type { Doubles } from "#core/pair.ts";
import { addFoundDoubled, beginRun, type DoubledIds, type RunState } from "#core/run-state.ts";
import { vectorRule } from "#core/same-vector.ts";
import { isoOf, type Tally, tally } from "#core/tally.ts";
import { agree } from "./agree.ts";
import { decodeCheckpoint } from "./checkpoint.ts";
import { type Checkpoints, keepCheckpoints } from "./checkpoints.ts";
import { confirm } from "./confirm.ts";
import { checkCounts, checkDoubled, checkUnfound } from "./evidence.ts";
import { compareVectors, fillTable, idsToName, nameLeftovers, type PassContext } from "./passes.ts";
import { deadline, withRetries } from "./retry.ts";
import {
  type Both,
  checkpointFile,
  type Descriptions,
  onBoth,
  type RunDeps,
  type RunOptions,
  storeNames,
} from "./run-deps.ts";

/** A report without its writer, its end, the quality and the digest. */
export type Findings = Omit<VerifyReport, "schema" | "version" | "finishedAt" | "quality" | "digest">;

const describeDeadlineMs = 60_000;

/**
 * Compares the stores. Resolves whatever the stores do: what fails is the reason of an unknown outcome. Rejects only
 * with RETR_VERIFY_CHECKPOINT_INVALID, before anything was read. Leaves a checkpoint, which
 * the caller removes once the findings are saved.
 */
export async function runVerification(options: RunOptions, deps: RunDeps, signal: AbortSignal): Promise<Findings> {
  const runKey = runKeyOf(options, deps);
  const state = (await resume(options, deps, runKey)) ?? begin(options, deps);
  const checkpoints = keepCheckpoints(state, runKey, deps, options.checkpointMs);
  let descriptions: Descriptions | null = null;
  try {
    descriptions = await describe(state, deps, signal);
    const both = descriptions;
    keepPlaces(state, both);
    agree(deps.stores, both);
    const found = await compare({ state, options, deps, signal, onBatch: () => {} }, both, checkpoints);
    const conclusion = concluded(found, state, both);
    if (conclusion.outcome === "equal") await checkPlaces(state, deps, signal);
    return { ...findings(state, deps, descriptions), ...conclusion };
  } catch (error) {
    const fault = signal.aborted ? stopped : faultOf(error);
    if (!(error instanceof RetrieverError) && !signal.aborted) deps.onNote(`internal error: ${String(error)}`);
    return { ...findings(state, deps, descriptions), ...undecided(fault) };
  } finally {
    await checkpoints.end();
  }
}

const stopped: Fault = { code: "RETR_DEADLINE_EXCEEDED", message: "the run was stopped before its end" };

/** What identifies a run: resuming a checkpoint of another one would mix the data of two comparisons. */
function runKeyOf({ scope, cells, fields }: RunOptions, { stores }: RunDeps): string {
  const { source, destination } = stores;
  return JSON.stringify([scope, cells, source.identity.digest, destination.identity.digest, fields]);
}

async function resume({ isResumed }: RunOptions, { files, onNote }: RunDeps, runKey: string) {
  if (!isResumed || files === null) return undefined;
  const bytes = await files.read(checkpointFile);
  if (bytes === null) onNote("no checkpoint in the report folder: starting anew");
  return bytes === null ? undefined : decodeCheckpoint(bytes, runKey);
}

function begin({ scope, cells }: RunOptions, { clock, random }: RunDeps): RunState {
  const word = (): number => Math.floor(random() * 0x1_0000_0000) | 0;
  return beginRun({ scope, cells, startedAtMs: clock.wallMs(), seed: [word(), word()] });
}

async function describe(state: RunState, deps: RunDeps, signal: AbortSignal): Promise<Descriptions> {
  const { stores } = deps;
  const limit = () => deadline(signal, describeDeadlineMs);
  const ask = () => onBoth(limit(), (name, either) => stores[name].describe(either));
  const both = await withRetries(ask, deps, signal);
  const fault = whyIncomparable(both.source, both.destination, state.scope.level);
  if (fault !== undefined) throw new RetrieverError(fault);
  if (haveForeignIds(both.source, both.destination) && !(await shareIds(both, stores, limit()))) {
    throw new RetrieverError(foreignIds(both.source, both.destination));
  }
  return both;
}

/**
 * What a run that is resumed began with stays. Throws where the name that is configured leads elsewhere by now: an alias
 * was switched, and what was read of the one says nothing of the other.
 */
function keepPlaces(state: RunState, both: Both<Pick<StoreDescription, "own">>): void {
  for (const name of storeNames) {
    const own = both[name].own?.digest ?? null;
    state.places[name] ??= own;
    if (own !== state.places[name]) throw new RetrieverError(movedAway(name, both[name].own?.label));
  }
}

/** Only what tells its own name is asked again. */
async function checkPlaces(state: RunState, deps: RunDeps, signal: AbortSignal): Promise<void> {
  const { stores } = deps;
  const ask = () =>
    onBoth(deadline(signal, describeDeadlineMs), async (name, either) =>
      state.places[name] === null ? {} : stores[name].describe(either),
    );
  keepPlaces(state, await withRetries(ask, deps, signal));
}

/** Whether at least one of some ids of either store is in the other. */
async function shareIds({ source, destination }: Descriptions, stores: RunDeps["stores"], limit: AbortSignal) {
  const { source: inSource, destination: inDestination } = await onBoth(limit, (name, either) =>
    stores[name].lookUp((name === "source" ? destination : source).someIds, "ids", either),
  );
  return inSource.length + inDestination.length > 0;
}

async function compare(context: PassContext, both: Descriptions, checkpoints: Checkpoints): Promise<Tally> {
  const { state, options, deps, signal } = context;
  const progress = countProgress(state, both, deps);
  const whole = { ...context, onBatch: progress.onBatch };
  const vector = vectorRule(both.source, both.destination);
  if (state.step === "table") await fillTable({ ...whole, both });
  await checkpoints.saveNow();
  checkDates(state);
  if (state.step === "name") {
    const ids = idsToName(state);
    const named = storeNames.filter((name) => ids[name].length > 0);
    await nameLeftovers({ ...whole, onBatch: progress.restart(named) });
  }
  await checkpoints.saveNow();
  if (state.step === "vectors") {
    const driver = both.source.isLookUpCheap ? "destination" : "source";
    await compareVectors({ ...whole, onBatch: progress.restart([driver]) }, vector, driver);
    await checkpoints.saveNow();
  }
  const rule = { level: state.scope.level, vector, momentPrecision: state.momentPrecision };
  const lagMs = options.scope.lagSeconds * 1000;
  const doubled = { source: new Set<string>(), destination: new Set<string>() };
  const onDoubled = (ids: Doubles): void => {
    for (const name of storeNames) for (const id of ids[name]) doubled[name].add(id);
  };
  const { rowsPerSecond } = options;
  const confirming = { rule, lagMs, rowsPerSecond, deps, onDoubled, onBatch: progress.onConfirmed };
  const confirmed = await confirm(state.suspects, confirming, signal);
  for (const name of storeNames) addFoundDoubled(state.doubled[name], doubled[name]);
  checkDoubled(state);
  await checkUnfound(whole, confirmed);
  return tally(confirmed, state.isTruncated);
}

/**
 * A store without any dates isn't stale: its field is missing, or has another name. Of what was written since a moment
 * one store may truly hold nothing but undated chunks.
 */
function checkDates({ scope, totals: { source, destination } }: RunState): void {
  if (scope.level === "ids" || scope.since !== null) return;
  if (source.read > 0 && source.dated === 0 && destination.dated > 0) throw new RetrieverError(undated("source"));
  if (destination.read > 0 && destination.dated === 0 && source.dated > 0) {
    throw new RetrieverError(undated("destination"));
  }
}

function countProgress(state: RunState, both: Descriptions, { onProgress }: RunDeps) {
  let read = { source: 0, destination: 0 };
  let total: Both<number | null> = { source: both.source.count, destination: both.destination.count };
  let part = 0;
  const report = (): void => {
    const { step, parts, suspects } = state;
    onProgress({ step, part, parts, read: { ...read }, total, suspects: suspects.length });
  };
  const onBatch: PassContext["onBatch"] = (name, chunks) => {
    // Each part is another pass over everything.
    if (part !== state.part) read = { source: 0, destination: 0 };
    part = state.part;
    read[name] += chunks;
    report();
  };
  return {
    onBatch,
    /** A pass over these stores only. */
    restart: (names: readonly StoreName[]) => {
      const countOf = (name: StoreName) => (names.includes(name) ? both[name].count : 0);
      read = { source: 0, destination: 0 };
      total = { source: countOf("source"), destination: countOf("destination") };
      return onBatch;
    },
    onConfirmed: (done: number, all: number) => {
      read = { source: done, destination: done };
      total = { source: all, destination: all };
      report();
    },
  };
}

/** Throws when what seems equal isn't borne out by the counts, nor by what the level doesn't compare. */
function concluded(
  found: Tally,
  state: RunState,
  { source, destination }: Descriptions,
): Tally & Pick<Findings, "outcome" | "reason"> {
  if (driftOf(found.counts) > 0) return { ...found, outcome: "drift", reason: null };
  if (!state.isTruncated) {
    checkCounts(state);
    const fault = state.scope.level === "vector" ? undefined : whyVectorless(source, destination);
    if (fault !== undefined) throw new RetrieverError(fault);
    return { ...found, outcome: "equal", reason: null };
  }
  const reason = "more seemed to differ than could be compared, and what was compared doesn't differ any more";
  return { ...found, outcome: "unknown", reason };
}

function undecided({ code, message }: Fault): Tally & Pick<Findings, "outcome" | "reason"> {
  const reason = `${code}: ${message}`.slice(0, 2000);
  return { ...tally([], true), outcome: "unknown", reason };
}

type Head = Pick<Findings, "momentPrecision" | "startedAt" | "scope" | "source" | "destination">;

function findings(state: RunState, { stores }: RunDeps, both: Descriptions | null): Head {
  const storeOf = (name: StoreName): Findings["source"] => {
    const { read, newestMs } = state.totals[name];
    const { dimension = null, metric = null, precision = null, newestUpdatedAtMs = null } = both?.[name] ?? {};
    const newestUpdatedAt = isoOf(newestMs ?? newestUpdatedAtMs);
    const remarks = [...(both?.[name].isDated === false ? [undatedRemark] : []), ...(both?.[name].remarks ?? [])];
    const rest = { ...doubledIn(state.doubled[name]), ...remarksIn(remarks) };
    return { identity: stores[name].identity, dimension, metric, precision, read, newestUpdatedAt, ...rest };
  };
  return {
    ...(state.scope.level === "ids" ? {} : { momentPrecision: state.momentPrecision }),
    startedAt: new Date(state.startedAtMs).toISOString(),
    scope: state.scope,
    source: storeOf("source"),
    destination: storeOf("destination"),
  };
}

const undatedRemark =
  "the store doesn't say when a chunk was written (fields.updatedAt): only the ids are compared, and a changed chunk isn't seen";

/** Absent where there is nothing to say. */
function doubledIn({ count, ids }: DoubledIds): Pick<Findings["source"], "doubled"> {
  return count === 0 ? {} : { doubled: { count, ids: ids.map((id) => id.slice(0, mostIdLength)).toSorted() } };
}

export function remarksIn(remarks: readonly string[]): Pick<Findings["source"], "remarks"> {
  if (remarks.length === 0) return {};
  return { remarks: remarks.slice(0, mostRemarks).map((remark) => remark.slice(0, mostRemark)) };
}
