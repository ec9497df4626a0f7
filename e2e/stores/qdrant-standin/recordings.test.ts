// The stand-in answers as a real Qdrant answered, row by row, from an empty server on.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StandIn, startStandIn } from "./start.ts";
import { type Actual, differences, Replayer, type Row, readRecordings } from "./test/recordings.ts";

const rows = readRecordings("recordings");

const answers = new Map<number, Actual>();
const afterReset: number[] = [];
let standIn: StandIn;

async function bringInto(state: Row["server"]): Promise<void> {
  await standIn.faults.set({ refuse: state === "down", apiKey: state === "keyed" ? "full-key" : undefined });
}

beforeAll(async () => {
  standIn = await startStandIn({ address: "127.0.0.1", port: 0, seed: 1 });
  let state: Row["server"] = "open";
  const replayer = new Replayer(standIn.port);
  for (const row of rows) {
    if (row.server !== state) await bringInto(row.server);
    state = row.server;
    const resets = replayer.resets;
    answers.set(row.seq, await replayer.send(row));
    if (replayer.resets > resets) afterReset.push(row.seq);
  }
  replayer.close();
});

afterAll(() => standIn.close());

describe("the recordings", () => {
  it("are all replayed", () => {
    expect([...answers.keys()]).toEqual(rows.map(({ seq }) => seq));
    expect(rows).toHaveLength(138);
  });

  it("lose the kept connection where it was lost then: after a body that reached no route", () => {
    expect(afterReset).toEqual(rows.filter((row) => row.afterReset).map(({ seq }) => seq));
  });

  it.each([
    [81, "a score", (body: string) => body.replace(/0\.26822\d*/, "0.26823")],
    [83, "a tied id", (body: string) => body.replace('"id":12,', '"id":14,')],
    [84, "a score of a tie that the limit cuts", (body: string) => body.replace(/(1\.0|0\.999999\d*)\}/, "0.9999}")],
    [139, "one point too few", (body: string) => body.replace('{"id":20},', "")],
    [58, "another class of error", (body: string) => body.replace("Format", "Validation")],
    [1, "a missing member", (body: string) => body.replace('"title"', '"name"')],
    [194, "a plain text", (body: string) => body.replace("Must", "must")],
    [65, "a number of another kind", (body: string) => body.replace('"completed"', "1")],
  ])("row %i: the comparison sees %s", (seq, _, spoil) => {
    const row = rows.find((candidate) => candidate.seq === seq);
    const actual = answers.get(seq);
    if (row === undefined || actual === undefined || "networkError" in actual) throw new Error("no such answer");
    expect(spoil(actual.body)).not.toBe(actual.body);
    expect(differences(row, { ...actual, body: spoil(actual.body) })).not.toEqual([]);
  });

  it.each(rows)("row $seq ($name) is answered as recorded", (row) => {
    const actual = answers.get(row.seq) ?? { networkError: "not sent" };
    expect(differences(row, actual)).toEqual([]);
  });
});
