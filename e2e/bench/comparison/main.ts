// `make show-comparison`: what each metric of the sidecar says about each kind of damage, on real text and embeddings.
// The searches are exact, on a stand-in: what is shown is the comparison, not a store.
import Table from "cli-table3";
import { type StandIn, startStandIn } from "#stores/qdrant-standin/start.ts";
import { type Dataset, loadDataset } from "#support/dataset/read.ts";
import { endOnSignals } from "#support/process/start-process.ts";
import { makeRandom } from "#support/random.ts";
import { blend, damages, type StoredChunk, storedChunks } from "./damage.ts";
import { caughtBy, type Finding } from "./finding.ts";
import { measure } from "./measure.ts";

type Row = {
  readonly damage: string;
  readonly queries: string;
  readonly finding: Finding;
  readonly caught: readonly string[];
};

const seed = 20_260_101;
const allChunks = 20_000;
/** Every search goes through all chunks; more of them would only make the means' third digit surer. */
const queriesOfKind = 300;
/** Share of another chunk in a query that nearly repeats one. */
const nearness = 0.1;

function queriesOf(dataset: Dataset): readonly { readonly name: string; readonly vectors: readonly Float32Array[] }[] {
  const random = makeRandom(seed);
  const anyRow = (): Float32Array => dataset.vector(Math.floor(random() * dataset.chunks.length));
  const fresh = dataset.queries.slice(0, queriesOfKind).map((_, row) => dataset.queryVector(row));
  return [
    { name: "fresh", vectors: fresh },
    { name: "near-duplicate", vectors: fresh.map(() => blend(anyRow(), anyRow(), nearness)) },
  ];
}

function load(standIn: StandIn, collection: string, dim: number, chunks: readonly StoredChunk[]): void {
  const points = chunks.map(({ row, chunkId, entityId, namespace, updatedAt, vector }) => ({
    id: row,
    vector,
    payload: { chunk_id: chunkId, entity_id: entityId, namespace, updated_at: updatedAt },
  }));
  standIn.load(collection, dim, points);
}

async function compareAll(dataset: Dataset, standIn: StandIn): Promise<Row[]> {
  const chunks = storedChunks(dataset);
  load(standIn, "source", dataset.dim, chunks);
  const rows: Row[] = [];
  const queries = queriesOf(dataset);
  const baselines = new Map<string, Finding>();
  for (const [index, { name, apply }] of damages.entries()) {
    const destination = `destination-${index}`;
    load(standIn, destination, dataset.dim, apply(chunks, makeRandom(seed + index)));
    for (const { name: kind, vectors } of queries) {
      const finding = await measure({ standIn, source: "source", destination }, vectors);
      const baseline = baselines.get(kind) ?? finding;
      baselines.set(kind, baseline);
      rows.push({ damage: name, queries: kind, finding, caught: caughtBy(finding, baseline) });
    }
  }
  return rows;
}

function print(rows: readonly Row[]): string {
  const head = ["damage", "queries", "score delta p95", "mismatch", "overlap@10", "RBO", "lag p95, days", "caught by"];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const { damage, queries, finding, caught } of rows) {
    const { scoreDeltaP95, mismatch, overlap, rankOverlap, lagDays } = finding;
    const figures = [
      scoreDeltaP95.toFixed(4),
      `${(mismatch * 100).toFixed(1)} %`,
      overlap.toFixed(3),
      rankOverlap.toFixed(3),
      lagDays === null ? "-" : lagDays.toFixed(1),
    ];
    table.push([damage, queries, ...figures, caught.join(", ") || "-"]);
  }
  return table.toString();
}

function summaryOf(rows: readonly Row[]): object {
  const summary: Record<string, Record<string, object>> = {};
  for (const { damage, queries, finding, caught } of rows) {
    summary[damage] = { ...summary[damage], [queries]: { ...finding, caughtBy: caught } };
  }
  return { standIn: true, damages: summary };
}

endOnSignals();
const dataset = loadDataset(allChunks);
const standIn = await startStandIn({ address: "127.0.0.1", port: 0, seed: 1 });
try {
  process.stdout.write(`${dataset.chunks.length} chunks, ${queriesOfKind} queries of each kind, all sampled\n`);
  const rows = await compareAll(dataset, standIn);
  process.stdout.write(`${print(rows)}\n`);
  process.stdout.write("caught by: p95 of the score delta over 0.2, mismatch 5 points over an undamaged copy's,\n");
  process.stdout.write("overlap@10 or RBO below 0.9, lag over a day. Benign changes should be caught by nothing.\n");
  process.stdout.write("overlap@10 and RBO are means over the samples.\n");
  process.stdout.write(`${JSON.stringify(summaryOf(rows))}\n`);
} finally {
  await standIn.close();
}
