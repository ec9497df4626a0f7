// `copy` from its options to its exit code: plan, copy, comparison and what it repairs, and the result in sentences and in
// one line.

import { RetrieverError } from "@retriever/stores/errors.ts";
import type { ChunkStore, ChunkWriter, StoreDescription } from "@retriever/stores/ports/chunk-store.ts";
import type { PlaceMaker } from "@retriever/stores/ports/place-maker.ts";
import { openPlaces } from "@retriever/stores/registry.ts";
import { makeRateLimit } from "#compare/progress.ts";
import { deadline } from "#compare/retry.ts";
import type { Both } from "#compare/run-deps.ts";
import { type NamedStores, nameStores, openStores, openWriters, withFilterable } from "#config/open-stores.ts";
import type { VerifyOptions } from "#config/options.ts";
import type { Left } from "#repair/decide.ts";
import { printLeft, printResult } from "#repair/print.ts";
import { type CommandDeps, compareStores, exitCodes, writeReport, writeSummary } from "#verify/verify.ts";
import { type Creation, planCreation } from "./create.ts";
import { type Filled, fill, mostRefused } from "./fill.ts";
import { inspectDeadlineMs, inspectStores } from "./inspect-stores.ts";
import { type CopyFlags, type CopyOptions, parseCopyOptions } from "./options.ts";
import { copyLine, lastWords, printCopyPlan, printFilled, printSettled } from "./print.ts";
import { divide } from "./range.ts";
import { type Settled, settle } from "./settle.ts";
import { tryFirst } from "./try-first.ts";

const progressMs = { terminal: 500, lines: 5000 };

type Opened = {
  readonly named: NamedStores;
  readonly stores: Both<ChunkStore>;
  readonly writers: Both<ChunkWriter>;
  /** Null: nothing is to be made. */
  readonly places: PlaceMaker | null;
  readonly options: CopyOptions;
  readonly deps: CommandDeps;
};

/** Resolves with the exit code, that of a verification. Rejects with what ended it before its end; what was written stays. */
export async function copyStores(flags: CopyFlags, deps: CommandDeps): Promise<number> {
  const options = parseCopyOptions(flags, deps.env);
  const named = withFilterable(nameStores(flags, deps));
  const { atOnce, index } = options;
  const stores = openStores(named, deps.registry);
  const writers = openWriters(named, deps.registry, atOnce);
  const places = index === null ? null : openPlaces(deps.registry, named.destination.spec);
  const opened = { named, stores, writers, places, options, deps };
  try {
    if (options.divideInto !== null) return await printBounds(opened, options.divideInto);
    const creation = await create(opened);
    if (creation?.held === null && options.isDryRun) {
      const line = copyLine(opened, { filled: null, fillSeconds: null, settled: null, refused: [] });
      deps.print(`dry run: nothing was made or written\n${line}\n`);
      return exitCodes.equal;
    }
    const both = await inspect(opened);
    if (options.isDryRun) return await endDryRun(opened, both);
    return await copy(opened, both, creation);
  } catch (error) {
    if (error instanceof RetrieverError && error.code === "RETR_REPAIR_WRITE_REFUSED")
      throw new RetrieverError({ code: "RETR_COPY_REFUSED", message: error.message }, error);
    if (!deps.signal.aborted) throw error;
    const message = "the copy was stopped; what was written stays, and the same command goes on from there";
    throw new RetrieverError({ code: "RETR_DEADLINE_EXCEEDED", message }, error);
  } finally {
    const all = [stores, writers].flatMap(({ source, destination }) => [source.close(), destination.close()]);
    await Promise.allSettled([...all, places?.close()]);
  }
}

async function printBounds({ stores, deps }: Opened, parts: number): Promise<number> {
  deps.print(`${JSON.stringify(await divide(stores.source, parts, deps.signal))}\n`);
  return exitCodes.equal;
}

/** Makes the destination where that is asked for and there is none; null: it isn't asked for. */
async function create({ named, stores, writers, places, options, deps }: Opened): Promise<Creation | null> {
  const { index, isDryRun } = options;
  if (places === null || index === null) return null;
  const limit = deadline(deps.signal, inspectDeadlineMs);
  const source = { store: stores.source, writer: writers.source };
  const creation = await planCreation({ named, source, destination: stores.destination, index }, limit);
  const { held, shape } = creation;
  // Also of one that is there: its vectors' index may be to come.
  const described = places.describe(shape);
  if (held === null) {
    // Nothing is made for a source that is refused.
    const cautions = await writers.source.inspect("copy", limit);
    deps.print(`make      ${described}\n`);
    if (isDryRun) deps.print(cautions.map((caution) => `  mind    ${caution}\n`).join(""));
    else await places.make(shape, limit);
  }
  return creation;
}

/** Prints what will be done. Rejects for two stores that can't hold the same, and for one that can't be written. */
async function inspect({ named, stores, writers, options, deps }: Opened): Promise<Both<StoreDescription>> {
  const { both, cautions } = await inspectStores({ named, stores, writers }, deps.signal);
  deps.print(`${printCopyPlan({ named, both, options, cautions })}\n`);
  return both;
}

async function copy(opened: Opened, both: Both<StoreDescription>, creation: Creation | null): Promise<number> {
  const { deps, places, options } = opened;
  const leave = (end: Parameters<typeof lastWords>[0]) =>
    writeSummary(options.verify.terminationLog, lastWords(end), deps);
  const startedAt = deps.clock.monotonicMs();
  const filled = await runFill(opened, both);
  const fillSeconds = (deps.clock.monotonicMs() - startedAt) / 1000;
  deps.print(`${printFilled(filled, fillSeconds)}\n`);
  if (filled.refused.length >= mostRefused) {
    deps.print(
      `${[...printLeft(filled.refused), "  ended   so many were refused that it isn't theirs: correct the destination"].join("\n")}\n`,
    );
    deps.print(`${copyLine(opened, { filled, fillSeconds, settled: null, refused: filled.refused })}\n`);
    await leave({ filled, settled: null, refused: filled.refused });
    return exitCodes.drift;
  }
  if (options.part !== null) {
    const { refused } = filled;
    deps.print(
      `${[...printLeft(refused), "  part    nothing was compared: verify when all parts have ended"].join("\n")}\n`,
    );
    deps.print(`${copyLine(opened, { filled, fillSeconds, settled: null, refused })}\n`);
    await leave({ filled, settled: null, refused, part: options.part });
    return refused.length === 0 ? exitCodes.equal : exitCodes.drift;
  }
  if (places !== null && creation !== null) {
    const { signal, clock } = deps;
    const indexedFrom = clock.monotonicMs();
    const did = await places.finish(creation.shape, signal);
    deps.print(`  index   ${did} (${((clock.monotonicMs() - indexedFrom) / 1000).toFixed(1)} s)\n`);
  }
  const settled = await runSettle(opened);
  const refused = refusedOf(filled, settled);
  deps.print(`${printSettled(settled, refused)}\n${copyLine(opened, { filled, fillSeconds, settled, refused })}\n`);
  await leave({ filled, settled, refused });
  const { outcome } = settled.report;
  return exitCodes[outcome === "equal" && refused.length > 0 ? "drift" : outcome];
}

/** Chunks that the copy was refused and that the last repair didn't mend, each once. */
function refusedOf(filled: Filled, { report, left }: Settled): Left[] {
  const differing = new Set(report.differences.map(({ id }) => id));
  // A comparison without a result says of no chunk that it is the same by now.
  const isLeft = ({ id }: Left): boolean => report.outcome === "unknown" || differing.has(id);
  const named = new Map(filled.refused.filter(isLeft).map((each) => [each.id, each]));
  for (const each of left) if (each.reason !== undefined) named.set(each.id, each);
  return [...named.values()];
}

async function runFill(
  { named, stores, writers, options, deps }: Opened,
  { source, destination }: Both<StoreDescription>,
) {
  const { rowsPerSecond, batchSize, atOnce, part } = options;
  const { clock, pause, random } = deps;
  const report = makeReporter(deps, source.count === null ? null : Math.ceil(source.count / (part?.count ?? 1)));
  const onNote = (note: string): void => report.note(note);
  try {
    return await fill(
      {
        level: named.areDated ? "vector" : "ids",
        rowsPerSecond,
        batchSize,
        atOnce,
        isEmpty: destination.count === 0 && writers.destination.addsById === true,
        heldBy: destination.momentPrecision,
        ...(part === null ? {} : { range: part }),
      },
      {
        clock,
        pause,
        random,
        onNote,
        onProgress: report.progress,
        source: { store: stores.source, writer: writers.source },
        destination: { store: stores.destination, writer: writers.destination },
      },
      deps.signal,
    );
  } finally {
    report.end();
  }
}

async function runSettle({ named, stores, writers, options, deps }: Opened): Promise<Settled> {
  const { rowsPerSecond, lagSeconds, deletesExtra } = options;
  const level = named.areDated ? "vector" : "ids";
  const verifying: VerifyOptions = {
    ...options.verify,
    scope: { ...options.verify.scope, level },
  };
  const repairDeps = { stores, writers, clock: deps.clock, pause: deps.pause, onProgress: () => {} };
  const compare = async () => {
    const report = await compareStores(verifying, named, deps);
    const fault = await writeReport(report, verifying, deps);
    if (fault !== undefined) throw fault;
    return report;
  };
  return settle(
    { level, lagMs: lagSeconds * 1000, rowsPerSecond, onRefusal: "skip", deletesExtra },
    { compare, repairDeps, onRepaired: (result) => deps.print(`${printResult(result)}\n`) },
    deps.signal,
  );
}

async function endDryRun(opened: Opened, both: Both<StoreDescription>): Promise<number> {
  const { writers, options, deps } = opened;
  const tried = await tryFirst(writers, options, { ...deps, areDated: opened.named.areDated });
  const lines = [...tried.describe(both), ...printLeft(tried.left), "dry run: nothing was written"];
  deps.print(
    `${lines.join("\n")}\n${copyLine(opened, { filled: null, fillSeconds: null, settled: null, refused: tried.left })}\n`,
  );
  return tried.left.length === 0 ? exitCodes.equal : exitCodes.drift;
}

/** How far the copy is, at what rate, and how long it takes: one line that changes on a terminal, JSON lines elsewhere. */
function makeReporter({ clock, progress: { isTerminal, write } }: CommandDeps, total: number | null) {
  const isDue = makeRateLimit(clock, isTerminal ? progressMs.terminal : progressMs.lines);
  const startedAt = clock.monotonicMs();
  const line = (event: string, rest: object): void => write(`${JSON.stringify({ event, ...rest })}\n`);
  const progress = ({ read, held, written, replaced, refused }: Filled): void => {
    if (!isDue()) return;
    const seconds = (clock.monotonicMs() - startedAt) / 1000;
    const perSecond = Math.round(read / seconds);
    const share = total === null || total === 0 ? null : Math.min(1, read / total);
    const etaSeconds = share === null || share === 0 ? null : Math.round(seconds / share - seconds);
    if (!isTerminal) {
      const counts = { read, total, held, written, replaced, refused: refused.length };
      return line("progress", {
        step: "copying",
        ...counts,
        share,
        perSecond,
        etaSeconds,
        elapsedSeconds: Math.round(seconds),
      });
    }
    const percent = share === null ? "" : ` (${Math.floor(share * 100)} %)`;
    const rest = etaSeconds === null ? "" : `, ${etaSeconds} s left`;
    write(`\r\u001b[Kcopying: ${read}${percent}, ${written + replaced} written, ${perSecond} chunks/s${rest}`);
  };
  return {
    progress,
    note: (note: string): void => (isTerminal ? write(`\r\u001b[K${note}\n`) : line("note", { note })),
    end: (): void => (isTerminal ? write("\r\u001b[K") : undefined),
  };
}
