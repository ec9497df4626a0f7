// V2: what naming the differences of two streams of ids needs to remember, beside the obvious way. No store at all.
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { runToEnd } from "#support/process/run-to-end.ts";
import { amount, least, most, type Part, type Row } from "../report/rows.ts";
import type { Sizes } from "./scene.ts";

const script = fileURLToPath(import.meta.resolve("@retriever/data/test/difference-main.ts"));
const deadlineMs = 400_000;
/** Ten million strings in a set, and room for the collector. */
const setsMegabytes = 12_000;
const megabyte = 1_000_000;

const answerSchema = z.strictObject({
  stateBytes: z.number(),
  residentBytes: z.number(),
  seconds: z.number(),
  found: z.int(),
  falsely: z.int(),
});

/** Both ways one after the other, each in a process of its own. */
export async function measureDifferenceState({ streamIds, streamDifferences }: Sizes): Promise<Row> {
  const ask = async (way: "table" | "sets") => {
    const flags = ["--expose-gc", `--max-old-space-size=${setsMegabytes}`];
    const args = [...flags, script, way, `${streamIds}`, `${streamDifferences}`];
    const { exitCode, stdout, stderr } = await runToEnd(process.execPath, args, { deadlineMs });
    if (exitCode !== 0) throw new Error(`${way} ended with ${exitCode}: ${stderr}`);
    return answerSchema.parse(JSON.parse(stdout));
  };
  const table = await ask("table");
  const sets = await ask("sets");
  const title = `${streamIds} ids a side, ${streamDifferences} differences`;
  const parts: Part[] = [
    amount(`MB, state beside the stream, ${title}`, table.stateBytes / megabyte, most(4)),
    amount("a set's state / the table's", sets.stateBytes / table.stateBytes, least(300)),
    amount("differences named by the table", table.found, least(streamDifferences)),
    amount("named that don't differ", table.falsely, most(0)),
    amount("MB, a set's state", sets.stateBytes / megabyte, null),
    amount("s, both streams through the table", table.seconds, null),
    amount("s, both streams through a set", sets.seconds, null),
  ];
  return { id: "V2", parts };
}
