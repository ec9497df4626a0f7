// Filters, conditional upserts and deletes are answered as a real Qdrant answered them, row by row, from an empty server on.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StandIn, startStandIn } from "./start.ts";
import { type Actual, differences, Replayer, readRecordings } from "./test/recordings.ts";

const rows = readRecordings("recordings-filters");
const answers = new Map<number, Actual>();
let standIn: StandIn;

beforeAll(async () => {
  standIn = await startStandIn({ address: "127.0.0.1", port: 0, seed: 1 });
  const replayer = new Replayer(standIn.port);
  for (const row of rows) answers.set(row.seq, await replayer.send(row));
  replayer.close();
});

afterAll(() => standIn.close());

describe("the recordings of filters", () => {
  it.each(rows)("row $seq ($name) is answered as recorded", (row) => {
    const actual = answers.get(row.seq) ?? { networkError: "not sent" };
    expect(differences(row, actual)).toEqual([]);
  });
});
