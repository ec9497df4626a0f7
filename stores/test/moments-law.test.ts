// Whatever a table holds as a chunk's moment, in whatever type: a request and a verification read the same of it.
import fc from "fast-check";
import { escapeLiteral } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { wholeUnits } from "#chunks/moment-unit.ts";
import { makePgvectorChunkStore } from "#pgvector/chunks/chunk-store.ts";
import { makePgvectorBackend } from "#pgvector/retrieve/backend.ts";
import { type MomentPrecision, oddMoments } from "#ports/chunk-store.ts";
import { epochMs, readMoment, readTime } from "#values/time.ts";
import { startPostgres, type TestPostgres } from "./fakes/postgres-server.ts";
import { makePoints } from "./points.ts";
import { requestOf } from "./requests.ts";
import { makeSpec, testDeps } from "./spec.ts";

const identity = { kind: "pgvector", label: "pgvector://test", digest: "0".repeat(32) };
const limit = (): AbortSignal => AbortSignal.timeout(20_000);
let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres(makePoints(1));
});

afterAll(() => postgres.close());

const moments = fc.oneof(
  fc.constantFrom("soon", "infinity", "", "2026-02-30", "0000-01-01", "1770000000", "2026-01-31T24:00", "now"),
  fc.date({ noInvalidDate: true, min: new Date("0001-01-01"), max: new Date("9999-12-30") }).chain((date) => {
    const [day = "", time = ""] = date.toISOString().slice(0, -1).split("T");
    return fc.constantFrom(
      day,
      `${day} ${time}`,
      `${day}T${time.slice(0, 5)}`,
      `${day}t${time}999z`,
      `${day}T${time}123Z`,
      `${day}T${time}4995+00`,
      `${day}T${time}999999Z`,
      `${day}T${time}+0530`,
      `${day} ${time}-03`,
    );
  }),
);
const numbers = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.double({ min: -1e18, max: 1e18, noNaN: true }),
  fc.constantFrom(1e11, 1e14, 1e17, 16055560737216.951, 1770000000.0009999),
);

/** Doubles hold microseconds of the years until 2255. */
function precisionAt(ms: number): MomentPrecision {
  return Math.abs(ms) < 9e12 ? "microsecond" : "millisecond";
}

test("a moment of whatever type is what an answer says of it, or can't be read, and is never an error", async () => {
  await postgres.exec(`CREATE TABLE other (chunk_id text PRIMARY KEY, entity_id text, t text, n double precision, j json, b jsonb,
    embedding vector(2))`);
  const { connectionString } = postgres;
  const opened = ["t", "n", "j.t", "j.n", "b.t", "b.n"].map((path) => {
    const document = {
      connectionString,
      table: "other",
      fields: { updatedAt: path },
      preparedStatements: false,
      poolSize: 1,
    };
    const spec = makeSpec("pgvector", document);
    return {
      path,
      store: makePgvectorChunkStore(spec, { identity, fields: [] }),
      backend: makePgvectorBackend(spec, testDeps),
    };
  });
  const rows = fc.array(fc.tuple(moments, numbers), { minLength: 20, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(rows, async (pairs) => {
      const values = pairs.map(([t, n], index) => {
        const json = escapeLiteral(JSON.stringify({ t, n }));
        return `('${index}', 'e', ${escapeLiteral(t)}, ${n}, ${json}, ${json}, '[1,2]')`;
      });
      await postgres.exec(`DELETE FROM other; INSERT INTO other VALUES ${values.join(", ")}`);
      for (const { path, store, backend } of opened) {
        const found = await store.lookUp(Object.keys(pairs), "fresh", limit());
        const { candidates } = await backend.retrieve(requestOf({ embedding: [1, 2], k: 20 }), limit());
        for (const [index, [text, number]] of pairs.entries()) {
          const own = path.endsWith("t") ? text : number;
          const read = readTime(own);
          const held = found.find(({ id }) => id === `${index}`)?.updatedAtMs;
          const said = typeof own === "string" ? readMoment(own) : epochMs(own);
          const [ms, expected] = [held, read === null ? oddMoments.unreadable : said].map((time) =>
            typeof time === "number" ? wholeUnits(time, precisionAt(time)) : time,
          );
          expect({ path, own, ms }).toEqual({ path, own, ms: expected });
          const served = candidates.find(({ chunkId }) => chunkId === `${index}`)?.updatedAt;
          expect({ path, own, served }).toEqual({ path, own, served: read });
        }
      }
    }),
    { numRuns: 5 },
  );
  await Promise.all(opened.flatMap(({ store, backend }) => [store.close(), backend.close()]));
});
