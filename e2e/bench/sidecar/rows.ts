// From samples to the rows of the table. Pure.
import type { Goal } from "../report/goal.ts";
import { amount, estimated, least, most, type Part, type Row } from "../report/rows.ts";
import { ratios } from "../report/statistics.ts";
import type { Memory } from "./memory.ts";
import type { Measured, Sample } from "./rounds.ts";
import type { SubjectName } from "./subjects.ts";

type Measure = keyof Omit<Sample, "failed">;
type Compared = { readonly measure: Measure; readonly of: SubjectName; readonly to: SubjectName };

/** All rows whose subjects were there. */
export function makeRows(measured: Measured, memory: Memory): Row[] {
  const compare = (what: string, compared: Compared, goal: Goal | null): Part[] => {
    const [of, to] = [measured.samples.get(compared.of), measured.samples.get(compared.to)];
    if (of === undefined || to === undefined) return [];
    const pick = (samples: readonly Sample[]): number[] => samples.map((sample) => sample[compared.measure]);
    return [estimated(what, ratios(pick(of), pick(to)), goal)];
  };
  const cpu = (what: string, of: SubjectName, to: SubjectName, goal: Goal | null): Part[] =>
    compare(what, { measure: "cpuMicros", of, to }, goal);
  const hanging = { of: "sidecar hanging shadow", to: "sidecar" } as const;
  return [
    {
      id: "G1",
      parts: [
        ...compare("throughput, hanging shadow / no shadow", { measure: "perSecond", ...hanging }, least(0.95)),
        ...compare("p99, hanging shadow / no shadow", { measure: "p99Ms", ...hanging }, most(1.15)),
      ],
    },
    {
      id: "G2",
      parts: cpu("CPU, sidecar / obvious build (stretch 0.25)", "sidecar", "obvious build", most(0.3)),
    },
    { id: "G3", parts: cpu("CPU, sidecar at 5 % / node pipe", "sidecar 5 %", "node pipe", most(1.6)) },
    {
      id: "G4",
      parts: [
        ...cpu("CPU, sampling 5 % / none", "sidecar 5 %", "sidecar", most(1.1)),
        ...cpu("CPU, sampling 100 % / none", "sidecar 100 %", "sidecar", most(1.6)),
      ],
    },
    {
      id: "G12",
      parts: [
        ...cpu(
          "CPU, pgvector path / JSON.parse and text parameters",
          "sidecar pgvector",
          "pgvector as text",
          most(0.8),
        ),
        base64Part(measured),
        ...cpu("CPU, pgvector path, base64 / JSON numbers", "sidecar pgvector base64", "sidecar pgvector", null),
      ],
    },
    { id: "M", parts: memoryParts(memory) },
    { id: "null", parts: cpu("CPU, the same sidecar twice", "sidecar again", "sidecar", null) },
  ];
}

/** Both forms of the same vectors, measured turn by turn in one process. */
function base64Part({ codec }: Measured): Part {
  const [base64, numbers] = [codec.map((costs) => costs.base64Micros), codec.map((costs) => costs.numbersMicros)];
  return estimated("CPU of a base64 embedding / JSON numbers parsed and printed", ratios(base64, numbers), most(0.1));
}

function memoryParts({ peakRssMib, growthMib, rssGrowthMib, fromRequest, toRequest }: Memory): Part[] {
  const span = `${fromRequest} to ${toRequest}`;
  return [
    amount("MiB, peak RSS at 100 concurrent 1536-d requests", peakRssMib, most(200)),
    amount(`MiB, growth of heap + external, request ${span}`, growthMib, most(5)),
    amount(`MiB, growth of RSS, request ${span}`, rssGrowthMib, null),
  ];
}
