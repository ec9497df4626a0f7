// V1 and V7: seeded faults are found as what they are and nothing else is, and one repair makes the stores equal.

import { type Place, placeOf, reportFile, runVerify, verify } from "#support/verify/verify-process.ts";
import { amount, least, most, type Part, type Row } from "../report/rows.ts";
import { seedFaults } from "./corpus.ts";
import { chooseFaults, type SeededFault, scoreOf } from "./faults.ts";
import { seedPointFaults } from "./qdrant-corpus.ts";
import { type Scene, tableAdapter } from "./scene.ts";

const level = ["--level", "fresh", "--budget", "none"] as const;
const mostPasses = 3;

type Found = { readonly row: Part[]; readonly repair: Part[] };

/** On the large tables, and with the stand-in in the copy's place. */
export async function measureCorrectness(scene: Scene): Promise<Row[]> {
  const { sizes, seed, say } = scene;
  const faults = chooseFaults(sizes.rows, sizes.faults, seed);
  await seedFaults(scene.client, "public.bench_copy", faults);
  const own = await findAndRepair(
    {
      place: placeOf(tableAdapter(scene, "source"), tableAdapter(scene, "copy")),
      where: "two tables",
      standIn: false,
    },
    faults,
  );
  say("V1 and V7 with Qdrant");
  const { qdrant, name, rows, adapter, table } = await scene.collection();
  const pointFaults = chooseFaults(rows, sizes.faults, seed);
  await seedPointFaults(qdrant, name, pointFaults);
  const other = await findAndRepair(
    { place: placeOf(tableAdapter(scene, table), adapter), where: "table and collection", standIn: qdrant.standIn },
    pointFaults,
  );
  return [
    { id: "V1", parts: [...own.row, ...other.row] },
    { id: "V7", parts: [...own.repair, ...other.repair] },
  ];
}

type Stores = { readonly place: Place; readonly where: string; readonly standIn: boolean };

async function findAndRepair({ place, where, standIn }: Stores, faults: readonly SeededFault[]): Promise<Found> {
  try {
    const { report, seconds } = await verify(place, level);
    const { found, falsely } = scoreOf(report.differences, faults);
    const passes = await repairUntilEqual(place);
    return {
      row: [
        amount(`seeded faults found, ${where}, ${report.source.read} chunks`, found, least(faults.length), { standIn }),
        amount(`false differences, ${where}`, falsely, most(0), { standIn }),
        amount(`s, whole run, ${where}`, seconds, null, { standIn }),
      ],
      repair: [amount(`repairs until equal, ${where}`, passes, most(1), { standIn })],
    };
  } finally {
    place.remove();
  }
}

/** Repairs of the report at hand until verify says equal; infinite when three don't do. */
async function repairUntilEqual(place: Place): Promise<number> {
  for (let passes = 1; passes <= mostPasses; passes += 1) {
    const direction = ["--direction", "source-to-destination", "--delete-extra", "--yes"];
    const { exitCode, stderr } = await runVerify(place, ["--repair", reportFile(place), ...direction]);
    if (exitCode !== 0) throw new Error(`the repair ended with ${exitCode}:\n${stderr}`);
    const { report } = await verify(place, level);
    if (report.outcome === "equal") return passes;
  }
  return Number.POSITIVE_INFINITY;
}
