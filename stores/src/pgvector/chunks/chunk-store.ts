// A table as verification reads it: through in one snapshot by pages, and by id. Two connections, opened on demand.
import type { Pool, PoolClient } from "pg";
import { ChunkPage } from "#chunks/chunk-page.ts";
import { doubted, doubtedPages } from "#chunks/doubted.ts";
import { inHalves } from "#chunks/in-halves.ts";
import { coarserOf } from "#chunks/moment-unit.ts";
import { type DigestRules, digestRules } from "#chunks/payload-digest.ts";
import { RetrieverError } from "#errors.ts";
import type {
  ChunkAccess,
  ChunkBatch,
  ChunkStore,
  FoundChunk,
  MomentPrecision,
  ScanOptions,
  VerifyLevel,
} from "#ports/chunk-store.ts";
import { readingError } from "../client/classify.ts";
import { findHeld } from "../client/encoding.ts";
import { makePool, withClient } from "../client/pool.ts";
import { inSettings, sessionSettings } from "../client/session-settings.ts";
import { isRowSecurity } from "../client/table-catalogue.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { readChunkRow, readTextField } from "./chunk-row.ts";
import { type ChunkTable, idsOfType, lookUpBeginning, lookUpQuery, pageQuery } from "./chunk-sql.ts";
import { copyRows } from "./copy-query.ts";
import { type DescribedTable, describeTable } from "./describe-table.ts";
import { beginScan, holding } from "./held-table.ts";
import { PageRows, wantedPageBytes } from "./page-rows.ts";
import { readBounds } from "./read-bounds.ts";
import { endSession, inSession } from "./scan-session.ts";
import { readClock } from "./server-clock.ts";

/** A page or a look-up reads thousands of rows, so it may take longer than a request. */
const leastTimeoutMs = 30_000;

type Reading = {
  readonly client: PoolClient;
  readonly table: ChunkTable;
  readonly options: ScanOptions;
  readonly page: ChunkPage;
  readonly rules: DigestRules;
  /** Of the page. */
  readonly doubledIds: Set<string>;
  readonly rows: PageRows;
};

/** Opens no connection by itself. */
export function makePgvectorChunkStore(spec: PgvectorSpec, { identity, fields }: ChunkAccess): ChunkStore {
  const timeoutMs = Math.max(spec.timeoutMs, leastTimeoutMs);
  const scanPool = makePool(spec, 1, timeoutMs);
  const lookUpPool = makePool(spec, 1, timeoutMs);
  let described: DescribedTable | undefined;
  const ask = <T>(signal: AbortSignal, question: (client: PoolClient) => Promise<T>): Promise<T> =>
    withClient(lookUpPool, signal, (client) =>
      inSettings(client, sessionSettings(spec, timeoutMs), () => question(client)),
    );
  const describe = async (signal: AbortSignal): Promise<DescribedTable> =>
    (described ??= await ask(signal, (client) => describeTable(client, spec, fields)));
  const forget = (): void => void (described = undefined);
  let rules = digestRules(fields, null);
  return {
    identity,
    agreeOn: ({ kinds }) => {
      rules = digestRules(fields, kinds);
    },
    describe: async (signal) => {
      forget();
      return (await describe(signal).catch(rethrow(signal))).description;
    },
    clock: (signal) => withClient(lookUpPool, signal, readClock).catch(rethrow(signal)),
    scan: async function* (options, signal) {
      const { table, description } = await describe(signal).catch(rethrow(signal));
      // Rows of one id come on one page.
      const pageSize = table.isIdUnique ? options.pageSize : options.pageSize * 2;
      const dimension = description.dimension ?? 0;
      const makePage = (): ChunkPage => new ChunkPage({ level: options.level, pageSize, dimension });
      const pages = readPages(scanPool, { table, options, rules, makePage, timeoutMs }, signal);
      yield* doubtedPages(pages, forget);
    },
    bounds: (parts, signal) => {
      const read = async (): Promise<readonly string[]> => {
        const { table } = await describe(signal);
        return ask(signal, (client) => readBounds(client, table, parts));
      };
      return doubted(read, forget).catch(rethrow(signal));
    },
    lookUp: (all, level, signal) => {
      const find = async (ids: readonly string[]): Promise<readonly FoundChunk[]> => {
        const { table, description } = await describe(signal);
        const possible = idsOfType(ids, table.idType);
        if (possible.length === 0) return [];
        const dimension = description.dimension ?? 0;
        return withClient(lookUpPool, signal, (client) =>
          findHeld(client, possible, (some) => {
            const text = `${lookUpBeginning(timeoutMs)}; ${holding(table)}; ${lookUpQuery(table, some, level)}; COMMIT`;
            return findRows(client, text, { level, dimension, rules, wanted: new Set(some) });
          }),
        );
      };
      return inHalves(all, (ids) => doubted(() => find(ids), forget).catch(rethrow(signal)));
    },
    close: async () => {
      await Promise.allSettled([scanPool.end(), lookUpPool.end()]);
    },
  };
}

function rethrow(signal: AbortSignal): (error: unknown) => never {
  return (error) => {
    throw readError(error, signal);
  };
}

/** A scan sends no values, so one that can't be read is the table's fault and not a request's. */
function readError(error: unknown, signal: AbortSignal): RetrieverError {
  if (isRowSecurity(error)) {
    const message =
      "row-level security of the table may hide rows: verify as its owner, or as a role with BYPASSRLS (42501)";
    return new RetrieverError({ code: "RETR_VERIFY_NOT_COMPARABLE", message }, error);
  }
  return readingError(error, signal);
}

type Pages = Pick<Reading, "table" | "options" | "rules"> & {
  readonly timeoutMs: number;
  readonly makePage: () => ChunkPage;
};
/** A page that is being read. */
type Read = {
  readonly page: ChunkPage;
  readonly doubledIds: Set<string>;
  readonly done: Promise<{ readonly hasMore: boolean; readonly storeMs: number }>;
};

async function* readPages(pool: Pool, pages: Pages, signal: AbortSignal): AsyncGenerator<ChunkBatch> {
  const { options } = pages;
  const rows = new PageRows(options.pageSize);
  for (let { after } = options; ; ) {
    try {
      for await (const batch of readOnce(pool, { ...pages, options: { ...options, after }, rows }, signal)) {
        after = batch.cursor;
        yield batch;
      }
      return;
    } catch (error) {
      // Rows that are much larger than those before them: the connection is gone, and what follows is read as of then.
      if (!(error instanceof RetrieverError && error.isTooLarge && rows.shrink())) throw error;
    }
  }
}

/** All pages are of one moment. */
async function* readOnce(
  pool: Pool,
  { rows, ...pages }: Pages & Pick<Reading, "rows">,
  signal: AbortSignal,
): AsyncGenerator<ChunkBatch> {
  const client = await pool.connect().catch(rethrow(signal));
  const session = { client, signal, isCut: false };
  const start = (page: ChunkPage, after: string | null): Read => {
    const doubledIds = new Set<string>();
    const startedAt = performance.now();
    const options = { ...pages.options, after, pageSize: rows.next };
    const reading = { ...pages, client, page, doubledIds, rows, options };
    const done = inSession(session, () => readPage(reading)).then((hasMore) => ({
      hasMore,
      storeMs: performance.now() - startedAt,
    }));
    // Who waits for the page learns of a failure; nobody may ever ask for it.
    done.catch(() => undefined);
    return { page, doubledIds, done };
  };
  let read: Read | null = null;
  try {
    await beginScan(session, pages.table, pages.timeoutMs);
    let after = pages.options.after;
    let spare = pages.options.readsAhead === true ? pages.makePage() : null;
    read = start(pages.makePage(), after);
    while (read !== null) {
      const { page, doubledIds, done }: Read = read;
      const { hasMore, storeMs } = await done;
      read = null;
      if (page.count === 0) break;
      after = page.idAt(page.count - 1);
      if (hasMore && spare !== null) read = start(spare, after);
      yield batchOf(page, { storeMs, doubledIds, precision: pages.table.momentPrecision });
      if (spare !== null) spare = page;
      else if (hasMore) read = start(page, after);
    }
  } catch (error) {
    throw readError(error, signal);
  } finally {
    await read?.done.catch(() => undefined);
    await endSession(session);
  }
}

type Facts = {
  readonly storeMs: number;
  readonly doubledIds: ReadonlySet<string>;
  readonly precision: ChunkTable["momentPrecision"];
};

function batchOf(page: ChunkPage, { storeMs, doubledIds, precision }: Facts): ChunkBatch {
  const holds = (unit: MomentPrecision): boolean => precision !== null && coarserOf(precision, unit) === precision;
  if (holds("millisecond")) page.milliseconds = page.count;
  if (holds("second")) page.seconds = page.count;
  if (holds("day")) page.days = page.count;
  const batch = page.toBatch(page.idAt(page.count - 1), storeMs);
  return doubledIds.size === 0 ? batch : { ...batch, doubledIds: [...doubledIds] };
}

/** Fills the page; whether there may be more. Ids come in order, so doubles are neighbours. */
async function readPage({ client, table, options, page, rules, doubledIds, rows }: Reading): Promise<boolean> {
  page.clear();
  doubledIds.clear();
  let read = 0;
  await copyRows(client, pageQuery(table, options), mostBytes, (bytes, start) => {
    read += bytes.length;
    const idAt = start + 4;
    const idEnd = idAt + bytes.readInt32BE(start);
    if (page.lastIdIs(bytes, idAt, idEnd)) doubledIds.add(bytes.toString("utf8", idAt, idEnd));
    if (page.count === page.capacity) throw tooManyDoubles(bytes.toString("utf8", idAt, idEnd));
    readChunkRow(page, { level: options.level, rules }, bytes, start);
  });
  rows.took(page.count, read);
  return page.count >= options.pageSize;
}

/** Of an answer. Its rows aren't held: this ends one that goes on for ever. */
const mostBytes = 16 * wantedPageBytes;

/** Of one id in a look-up: a table without a unique index has a few. */
const repeats = 16;

function tooManyDoubles(id: string): RetrieverError {
  const message = `chunk_id: expected each value once, ${JSON.stringify(id.slice(0, 200))} is in thousands of rows of the table`;
  return new RetrieverError({ code: "RETR_VERIFY_DUPLICATE_IDS", message });
}

type Found = {
  readonly level: VerifyLevel;
  readonly dimension: number;
  readonly rules: DigestRules;
  readonly wanted: ReadonlySet<string>;
};

async function findRows(
  client: PoolClient,
  text: string,
  { level, dimension, rules, wanted }: Found,
): Promise<FoundChunk[]> {
  const found: FoundChunk[] = [];
  const page = new ChunkPage({ level, pageSize: 1, dimension });
  try {
    await copyRows(client, text, mostBytes, (bytes, start) => {
      if (found.length === wanted.size * repeats) throw tooManyDoubles(page.idAt(0));
      page.clear();
      const namespaceAt = readChunkRow(page, { level, rules }, bytes, start);
      if (wanted.has(page.idAt(0))) found.push(page.toFound(readTextField(bytes, namespaceAt).text));
    });
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
  return found;
}
