// `sync` from its options to its exit code: inspects both stores, says what it will do, and runs until it is stopped.
import { RetrieverError } from "@retriever/stores/errors.ts";
import type { ChunkStore, ChunkWriter, StoreDescription } from "@retriever/stores/ports/chunk-store.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import { deadline } from "#compare/retry.ts";
import type { Both } from "#compare/run-deps.ts";
import { type NamedStores, nameStores, openStores, openWriters, withFilterable } from "#config/open-stores.ts";
import { servedTlsOf } from "#config/served-tls.ts";
import { inspectDeadlineMs, inspectStores } from "#copy/inspect-stores.ts";
import { SeenVersions } from "#core/seen-versions.ts";
import { type CommandDeps, exitCodes } from "#verify/verify.ts";
import { beginFollowing } from "./follow.ts";
import { type Sync, syncForever, syncOnce } from "./loops.ts";
import { parseSyncOptions, type SyncFlags, type SyncOptions } from "./options.ts";
import { serveStatus } from "./serve-status.ts";
import { beginRemovals, giveLeave, type SyncState, statusOf } from "./status.ts";

const graceMs = 500;
/** So many are read quickly without an index. */
const mostUnindexed = 50_000;

/**
 * Resolves with the exit code: 0 once it was stopped, with --once that of a verification. Rejects with what ended it
 * before it began; what was written stays.
 */
export async function syncStores(flags: SyncFlags, deps: CommandDeps): Promise<number> {
  const options = parseSyncOptions(flags, deps.env);
  const named = withFilterable(nameStores(flags, deps));
  if (!named.areDated) {
    const message =
      "a store doesn't say when a chunk was written (fields.updatedAt), so that there is nothing to follow";
    throw new RetrieverError({ code: "RETR_COPY_REFUSED", message });
  }
  // Each loop has stores of its own, whose scans and writes don't wait for the other's.
  const places = [openPlaces(named, deps), openPlaces(named, deps)] as const;
  const state = beginState(named, options, deps);
  const status = () => statusOf(state, deps.clock.monotonicMs());
  const onLeave = (isGiven: boolean) => giveLeave(state.removals, isGiven, deps.clock.monotonicMs());
  const server =
    options.listen === null ? null : await serveStatus(options.listen, servedTlsOf(deps), { status, onLeave });
  try {
    if (server !== null) deps.progress.write(`${JSON.stringify({ event: "serving", ...server.address })}\n`);
    const heldBy = await inspect(named, places[0], options, deps);
    const renamed = () => nameStores(flags, deps);
    const sync: Sync = { options, named, renamed, deps, state, heldBy, following: places[0], checking: places[1] };
    return options.isOnce ? await syncOnce(sync) : await syncForever(sync);
  } catch (error) {
    if (!deps.signal.aborted) throw error;
    return options.isOnce ? exitCodes.unknown : exitCodes.equal;
  } finally {
    deps.print(`${JSON.stringify({ sync: status() })}\n`);
    const all = places.flatMap(({ stores, writers }) => [stores, writers]);
    const closing = all.flatMap(({ source, destination }) => [source.close(), destination.close()]);
    await Promise.allSettled([...closing, server?.close(graceMs)]);
  }
}

type Places = { readonly stores: Both<ChunkStore>; readonly writers: Both<ChunkWriter> };

function openPlaces(named: NamedStores, { registry }: CommandDeps): Places {
  return { stores: openStores(named, registry), writers: openWriters(named, registry) };
}

function beginState(named: NamedStores, options: SyncOptions, { clock, version, random }: CommandDeps): SyncState {
  const { source, destination } = named;
  return {
    version,
    identities: { source: source.identity, destination: destination.identity },
    startedAt: new Date(clock.wallMs()).toISOString(),
    follow: beginFollowing(clock.monotonicMs()),
    isFilled: false,
    filled: { written: 0, replaced: 0 },
    checked: { missed: 0, removed: 0, removedAsSeen: 0 },
    seen: new SeenVersions([random(), random()]),
    verified: null,
    removals: beginRemovals(options),
    faults: { follow: null, check: null },
  };
}

/**
 * Prints what will be done; how finely the destination declares to hold moments. Rejects as a copy does, and where the
 * source can't say what was written since a moment.
 */
async function inspect(named: NamedStores, { stores, writers }: Places, options: SyncOptions, deps: CommandDeps) {
  const { both, cautions } = await inspectStores({ named, stores, writers }, deps.signal);
  checkIndex(both.source);
  const limit = deadline(deps.signal, inspectDeadlineMs);
  const newest = { level: "fresh", sinceMs: deps.clock.wallMs(), after: null, pageSize: 10_000 } as const;
  for await (const _ of stores.source.scan(newest, limit)) break;
  const { intervalMs, verifyEveryMs, isOnce, verify } = options;
  const { lagSeconds, level } = verify.scope;
  const lines = [
    "sync",
    `  from    source ${named.source.identity.label}`,
    `  to      destination ${named.destination.identity.label}`,
    isOnce
      ? `  once    one pass, and a verification at level ${level} whose differences are repaired`
      : `  pass    every ${intervalMs / 1000} s, what was written since the last one and ${lagSeconds} s before`,
    ...(isOnce ? [] : [`  verify  every ${verifyEveryMs / 1000} s at level ${level}, whose differences are repaired`]),
    `  remove  ${describeRemovals(options)}`,
    ...[...cautions, ...momentCautions(both.source, deps)].map((caution) => `  mind    ${caution}`),
  ];
  deps.print(`${lines.join("\n")}\n`);
  return both.destination.momentPrecision;
}

function describeRemovals({ deletesExtra, needsLeave }: SyncOptions): string {
  if (!deletesExtra) return "nothing: what only the destination has stays (--delete-extra removes it)";
  const leave = needsLeave ? ", and only with leave" : "";
  return `what a verification finds in the destination alone, unless that is most of it or it is served${leave}`;
}

/** Every pass would read all of the chunks, and of many no page would end in time. */
function checkIndex({ newestUpdatedAtMs, count }: StoreDescription): void {
  if (newestUpdatedAtMs !== null || (count ?? 0) <= mostUnindexed) return;
  const message = `the source has ${count} ${plural(count ?? 0, "chunk")} and no index on updated_at that serves a range (a b-tree of the table's column, a datetime index of the collection): create one`;
  throw new RetrieverError({ code: "RETR_COPY_REFUSED", message });
}

function momentCautions({ newestUpdatedAtMs, count }: StoreDescription, { clock }: CommandDeps): string[] {
  if (newestUpdatedAtMs === null)
    return count === 0 ? [] : ["the source has no index on updated_at: every pass reads all of its chunks"];
  if (newestUpdatedAtMs <= clock.wallMs() + inspectDeadlineMs) return [];
  return ["chunks of the source are dated in the future: every pass reads them again"];
}
