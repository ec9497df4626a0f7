// `make runbook-coverage`: the lines of the runbook that have something that does them, a test and a page. The last line
// is one JSON object; exit 1 when a line lacks one of them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { lackingOf, rowsOf } from "./runbook-table.ts";

const folder = join(import.meta.dirname, "../../docs");
const rows = rowsOf(readFileSync(join(folder, "runbook.md"), "utf8"));
const judged = rows.map((row) => ({ ...row, lacking: lackingOf(row, folder) }));
const count = (chosen: typeof judged): number => chosen.reduce((sum, { lines }) => sum + lines.length, 0);
const withState = (state: string): number => count(judged.filter((row) => row.state.split(":")[0] === state));

for (const { lacking } of judged) for (const line of lacking) process.stdout.write(`${line}\n`);
const [lines, covered] = [count(judged), count(judged.filter(({ lacking }) => lacking.length === 0))];
const states = { done: withState("done"), people: withState("people"), inPart: withState("in part") };
process.stdout.write(`${JSON.stringify({ lines, covered, share: covered / lines, ...states })}\n`);
process.exitCode = lines > 0 && covered === lines ? 0 : 1;
