// D11: how long the operator takes for one pass of `decide` over three pods whose namespaces are judged one by one.
import { makeDraws } from "@retriever/kubectl/toy/draws.ts";
import { decide } from "@retriever/operator/core/decide.ts";
import type { Observation } from "@retriever/operator/core/model/observation.ts";
import type { PodObservation } from "@retriever/operator/core/model/workload.ts";
import { aSpec, shortPlan } from "@retriever/operator/test/builders/spec.ts";
import { simulationAt } from "@retriever/operator/test/simulate.ts";
import { binSeconds, type EvidenceBin } from "@retriever/sidecar/contract/evidence.ts";
import { makeRandom } from "#support/random.ts";
import { quantile } from "../report/statistics.ts";
import { healthy } from "./play/setting.ts";
import { drawSlicedBin } from "./play/sliced-traffic.ts";

export type DecideTime = {
  readonly passes: number;
  readonly slices: number;
  readonly lines: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  /** Median of writing and reading the status as JSON, between the passes: how fast this machine is just now. */
  readonly besideMs: number;
  /** `medianMs` as it would be on the usual machine, where this one is slower. */
  readonly usualMs: number;
  readonly statusBytes: number;
};

const requestsPerSecond = 100;
/** At the limits, so that lines have evidence, and within them, so that the guard goes on. */
const usual = {
  ...healthy,
  requestsPerSecond,
  failsBoth: 0,
  emptyBoth: 0,
  scoreWorse: 0.05,
  latencyWorse: 0.05,
  mismatch: 0.02,
};
const warmingPasses = 1000;
/** Of the machine that the goal in milliseconds was set on. */
const usualBesideMs = 0.27;

/** Passes in a row, each with a new bin of every pod. */
export function timeDecide(passes: number): DecideTime {
  const simulation = simulationAt("Guard", { spec: aSpec({ ...shortPlan, guard: { duration: "24h" } }) });
  const draws = makeDraws({ next: makeRandom(11) });
  let { migration } = simulation;
  const times: number[] = [];
  const besides: number[] = [];
  let now = Math.ceil(simulation.now / 10_000) * 10_000;
  for (let pass = 0; pass < warmingPasses + passes; pass += 1) {
    now += binSeconds * 1000;
    const closedAt = now / 1000;
    const observation = withBins(simulation.observation(), closedAt, () =>
      evidenceBin(
        drawSlicedBin(
          closedAt - binSeconds,
          { namespaces: 200, requestsPerSecond: requestsPerSecond / 3, regimeOf: () => usual, seconds: binSeconds },
          0.2,
          draws,
        ),
      ),
    );
    const begun = performance.now();
    const { status } = decide({ migration, observation, now });
    const ended = performance.now();
    JSON.parse(JSON.stringify(status));
    if (pass >= warmingPasses) {
      times.push(ended - begun);
      besides.push(performance.now() - ended);
    }
    migration = { ...migration, status };
  }
  const sorted = times.toSorted((a, b) => a - b);
  const { detection, phase } = migration.status;
  if (phase !== "Guard") throw new Error(`it left the guard: ${migration.status.message}`);
  const medianMs = quantile(sorted, 0.5);
  const besideMs = quantile(
    besides.toSorted((a, b) => a - b),
    0.5,
  );
  return {
    passes,
    slices: detection?.slices.length ?? 0,
    lines: detection?.lines.length ?? 0,
    medianMs,
    p95Ms: quantile(sorted, 0.95),
    besideMs,
    usualMs: medianMs * Math.min(1, usualBesideMs / besideMs),
    statusBytes: JSON.stringify(migration.status).length,
  };
}

function withBins(observation: Observation, closedAt: number, bin: () => EvidenceBin): Observation {
  if (!observation.pods.ok) throw new Error(observation.pods.why);
  const pods = observation.pods.value.map((pod): PodObservation => {
    if (!pod.status.ok) return pod;
    const { value } = pod.status;
    return {
      ...pod,
      status: { ok: true, value: { ...value, evidence: { ...value.evidence, closedAt, bins: [bin()] } } },
    };
  });
  return { ...observation, pods: { ok: true, value: pods } };
}

function evidenceBin({ at, counters, slices }: ReturnType<typeof drawSlicedBin>): EvidenceBin {
  return { at, counters, slices: [...slices].map(([namespace, counted]) => ({ namespace, counters: counted })) };
}
