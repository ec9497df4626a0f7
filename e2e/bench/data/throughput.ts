// V3: how fast one process reads and compares: two tables, then a table and a collection beside the collection's own
// scroll rate with nobody reading what comes.
import { Pool } from "undici";
import { pathOf } from "#stores/qdrant-rest.ts";
import { type Place, placeOf, verify } from "#support/verify/verify-process.ts";
import { amount, least, type Row } from "../report/rows.ts";
import { median } from "../report/statistics.ts";
import { type Scene, tableAdapter } from "./scene.ts";

const args = ["--level", "fresh", "--budget", "none"] as const;
const repeats = 3;
/** As many points a page as verify asks for. */
const pagePoints = 10_000;

/** The large tables must still be equal. */
export async function measureThroughput(scene: Scene): Promise<Row> {
  const { say } = scene;
  const tables = placeOf(tableAdapter(scene, "source"), tableAdapter(scene, "copy"));
  const perSecond = await medianRate(tables, ({ source, destination }) => source + destination);
  tables.remove();
  say("V3 with Qdrant");
  const { qdrant, adapter, table } = await scene.collection();
  const place = placeOf(tableAdapter(scene, table), adapter);
  const raw = median(await times(repeats, () => scrollRate(qdrant)));
  const compared = await medianRate(place, (read) => read.destination);
  place.remove();
  const options = { standIn: qdrant.standIn, n: repeats };
  return {
    id: "V3",
    parts: [
      amount("chunks/s from Postgres, ids and times, both tables in one process", perSecond, least(150_000), {
        n: repeats,
      }),
      amount("points/s from Qdrant / its scroll rate with nobody reading", compared / raw, least(0.8), options),
      amount("points/s from Qdrant", compared, null, options),
      amount("points/s, its scroll rate", raw, null, options),
    ],
  };
}

type Read = { readonly source: number; readonly destination: number };

/** Chunks a second between the report's own beginning and end. */
async function medianRate(place: Place, of: (read: Read) => number): Promise<number> {
  const rates = await times(repeats, async () => {
    const { report } = await verify(place, args);
    if (report.outcome !== "equal") throw new Error(`expected equal stores, got ${report.outcome}`);
    const seconds = (Date.parse(report.finishedAt) - Date.parse(report.startedAt)) / 1000;
    return of({ source: report.source.read, destination: report.destination.read }) / seconds;
  });
  return median(rates);
}

async function times<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let round = 0; round < count; round += 1) results.push(await work());
  return results;
}

const nextPage = /"next_page_offset":("[^"]+"|\d+|null)/;

/** Points a second of a scroll through the collection; of the answers only the next page's offset is looked at. */
async function scrollRate({
  url,
  apiKey,
}: {
  readonly url: string;
  readonly apiKey: string | undefined;
}): Promise<number> {
  const pool = new Pool(url, { connections: 1, headersTimeout: 60_000, bodyTimeout: 60_000 });
  const headers = { "content-type": "application/json", ...(apiKey === undefined ? {} : { "api-key": apiKey }) };
  const startedAt = performance.now();
  let points = 0;
  try {
    for (let offset = "null", first = true; first || offset !== "null"; first = false) {
      const body = `{"limit":${pagePoints},"with_payload":["chunk_id","updated_at"],"with_vector":false,"offset":${offset}}`;
      const answer = await pool.request({ method: "POST", path: pathOf("bench", "/points/scroll"), headers, body });
      const bytes = Buffer.from(await answer.body.arrayBuffer());
      if (answer.statusCode !== 200) throw new Error(`scroll answered ${answer.statusCode}`);
      offset = nextPage.exec(bytes.toString("latin1", Math.max(0, bytes.length - 300)))?.[1] ?? "null";
      points += offset === "null" ? 0 : pagePoints;
    }
  } finally {
    await pool.destroy();
  }
  return points / ((performance.now() - startedAt) / 1000);
}
