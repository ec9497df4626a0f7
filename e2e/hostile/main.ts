#!/usr/bin/env node
// `make hostile`: what tenants, pods and stores may write, say or send, against the real programs. Options: --only=Z4,Z6,
// --quick, --seed=N. The last line is JSON.
import { parseArgs } from "node:util";
import { amount, isMissed, least, type Part, printRows, type Row, summaryOf } from "#bench/report/rows.ts";
import { endOnSignals } from "#support/process/start-process.ts";
import { connectionsRow } from "./connections/connections-row.ts";
import { dashboardRow } from "./dashboard/dashboard-row.ts";
import { hostsRow } from "./hosts/hosts-row.ts";
import { parsersRow } from "./parsers/parsers-row.ts";
import type { HostileContext, HostileRow } from "./rows/hostile-row.ts";
import { secretsRow } from "./secrets/secrets-row.ts";
import { writtenRow } from "./written/written-row.ts";

const rows: readonly HostileRow[] = [writtenRow, parsersRow, secretsRow, connectionsRow, hostsRow, dashboardRow];

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    seed: { type: "string", default: "1" },
  },
});
const startedAt = performance.now();

function say(text: string): void {
  process.stdout.write(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);
}

/** The rows that are asked for. Throws for one that there isn't. */
function chosen(): readonly HostileRow[] {
  const ids = values.only?.split(",") ?? rows.map(({ id }) => id);
  const unknown = ids.find((id) => !rows.some((row) => row.id === id));
  if (unknown !== undefined)
    throw new Error(`--only: got ${unknown}, expected of ${rows.map(({ id }) => id).join(",")}`);
  return rows.filter(({ id }) => ids.includes(id));
}

async function measure({ id, title, run }: HostileRow, context: HostileContext): Promise<Row> {
  say(`${id}: ${title}`);
  try {
    return { id, parts: await run(context) };
  } catch (error) {
    say(`${id} broke off: ${error instanceof Error ? error.message : String(error)}`);
    const part: Part = { ...amount("broke off, see above", Number.NaN, least(0)), verdict: "missed" };
    return { id, parts: [part] };
  }
}

endOnSignals();
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed)) throw new Error(`--seed: got ${values.seed}, expected a whole number`);
const measured: Row[] = [];
for (const row of chosen()) measured.push(await measure(row, { isQuick: values.quick, seed, say }));
process.stdout.write(`${printRows(measured)}\n${JSON.stringify(summaryOf(measured, { seed }))}\n`);
process.exitCode = isMissed(measured) ? 1 : 0;
