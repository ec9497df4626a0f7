// What a pod says of itself, and what somebody writes into the overlay, is foreign: it names, and it never stops a rollback.
import { type MigrationStatus, migrationStatusSchema, type Phase } from "@retriever/crds/status/migration-status.ts";
import { mostEpochs, overlaySchema } from "@retriever/sidecar/contract/overlay.ts";
import { type SidecarStatus, sidecarStatusSchema } from "@retriever/sidecar/contract/status.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valuesOf } from "#test/arbitrary/of-schema.ts";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { Receiver } from "#test/receiver.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import type { Observation } from "../model/observation.ts";
import type { PodObservation } from "../model/workload.ts";
import { renderOverlay } from "../overlay/revision.ts";

const spec = aSpec(shortPlan);
const phases = ["Preflight", "WarmUp", "Ramp", "AwaitingCutover", "CuttingOver", "Guard"] satisfies Phase[];

/** From now on every observation is what `change` makes of the true one. */
function tamper(sim: Simulation, change: (seen: Observation) => Observation): void {
  const truth = sim.observation.bind(sim);
  sim.observation = () => change(truth());
}

function says(sim: Simulation, name: string, words: (status: SidecarStatus) => SidecarStatus): void {
  const speak = (pod: PodObservation): PodObservation =>
    pod.name === name && pod.status.ok ? { ...pod, status: { ok: true, value: words(pod.status.value) } } : pod;
  tamper(sim, (seen) => (seen.pods.ok ? { ...seen, pods: { ok: true, value: seen.pods.value.map(speak) } } : seen));
}

const hostile = valuesOf(sidecarStatusSchema);
const claims = fc.record({
  epoch: fc.oneof(fc.constantFrom(mostEpochs, mostEpochs - 1), fc.integer({ min: 0, max: 60 })),
  isOurs: fc.boolean(),
});

function checkWritten(sim: Simulation, before: MigrationStatus): void {
  const status = migrationStatusSchema.parse(JSON.parse(JSON.stringify(sim.status)));
  const text = renderOverlay(sim.meta, spec, status)?.text;
  if (text !== undefined) overlaySchema.parse(JSON.parse(text));
  expect(status.epoch).toBeLessThanOrEqual(before.epoch + 2);
}

describe("one pod of three that says anything the contract admits", () => {
  it("makes neither a status nor an overlay that can't be read, and doesn't stop a person's rollback", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...phases),
        fc.array(hostile, { minLength: 3, maxLength: 6 }),
        claims,
        (phase, words, claim) => {
          const sim = simulationAt(phase, { spec });
          let turn = 0;
          says(sim, "pod-1", ({ podUid, podName, config }) => {
            const said = words[turn++ % words.length] as SidecarStatus;
            const migrationUid = claim.isOurs ? sim.meta.uid : said.config.migrationUid;
            return {
              ...said,
              podUid,
              podName,
              config: { ...config, ...said.config, epoch: claim.epoch, migrationUid },
            };
          });
          for (let pass = 0; pass < 6; pass += 1) {
            const before = sim.status;
            sim.run(5);
            checkWritten(sim, before);
          }
          sim.act("Rollback");
          for (let pass = 0; pass < 6; pass += 1) {
            const before = sim.status;
            sim.run(5);
            checkWritten(sim, before);
          }
          expect(sim.status.rollback).toBeDefined();
          expect(sim.overlay?.document).toMatchObject({ primary: "source", shadow: "none" });
          const serving = sim.observation().pods;
          const honest = serving.ok ? serving.value.filter(({ name }) => name !== "pod-1") : [];
          expect(honest.map(({ status }) => status.ok && status.value.config.primary)).toEqual(["source", "source"]);
        },
      ),
      { numRuns: 20, endOnFailure: true },
    );
  });

  it("holds nobody with an epoch that can't be: it is named, once", () => {
    const sim = simulationAt("Ramp", { spec });
    says(sim, "pod-1", (status) => ({ ...status, config: { ...status.config, epoch: mostEpochs } }));
    sim.run(30);
    expect(sim.condition("InputsProved")).toBe("False/EpochOutOfRange");
    expect(sim.said.filter(({ reason }) => reason === "EpochOutOfRange")).toMatchObject([
      {
        message: `not taken into account: epochs that can't be of this migration, which is at ${sim.status.epoch}: pod pod-1 (${mostEpochs})`,
      },
    ]);
    expect(sim.condition("Ready")).not.toBe("False/TimeTravel");
    says(sim, "pod-1", (status) => ({ ...status, config: { ...status.config, epoch: sim.status.epoch } }));
    sim.run(10);
    expect(sim.condition("InputsProved")).toBe("True/AllProved");
  });
});

describe("pods that aren't proved", () => {
  it("are named once, and hold nothing", () => {
    const sim = simulationAt("Ramp", { spec });
    const unproved = ["stranger: no controller owns it"];
    tamper(sim, (seen) => ({ ...seen, unproved }));
    sim.until("Guard", 900);
    expect(sim.condition("InputsProved")).toBe("False/PodNotProved");
    expect(sim.said.filter(({ reason }) => reason === "PodNotProved")).toMatchObject([
      {
        message: "not taken into account: pods that aren't proved: stranger: no controller owns it",
        severity: "ticket",
      },
    ]);
    sim.unreadable.add("pods");
    unproved.pop();
    sim.run(10);
    expect(sim.condition("InputsProved")).toBe("False/PodNotProved");
    sim.unreadable.clear();
    sim.run(10);
    expect(sim.condition("InputsProved")).toBe("True/AllProved");
  });
});

/** Somebody writes an overlay of this migration with such an epoch, and pods follow it. */
function forge(sim: Simulation, epoch: number, more: object = {}): void {
  const { overlay } = sim;
  if (overlay?.document === null || overlay === null) throw new Error("no overlay yet");
  const document = { ...overlay.document, revision: { ...overlay.document.revision, epoch }, ...more };
  sim.overlay = { ...overlay, document, text: JSON.stringify(document), hash: `forged-${epoch}` };
  sim.run(20);
}

describe("an overlay with an epoch that somebody made up, in force in every pod", () => {
  const later = phases.slice(1);
  const rows = later.flatMap((phase) => [3, 1000, mostEpochs].map((ahead) => [phase, ahead] as const));

  it.each(rows)("in %s, %s: a person's rollback is followed all the same", (phase, ahead) => {
    const sim = simulationAt(phase, { spec });
    const { epoch } = sim.status;
    forge(sim, Math.min(mostEpochs, epoch + ahead), { primary: "destination", shadow: "none", sampleRate: 0 });
    sim.act("Rollback");
    sim.until("RolledBack", 300);
    expect(sim.status.epoch).toBeLessThanOrEqual(epoch + 3);
    sim.run(120);
    expect(sim.condition("Settled")).toBe("True/Settled");
  });

  it("in Guard: nothing watches the destination any more, so a person is called at once, and once", () => {
    const sim = simulationAt("Guard", { spec });
    forge(sim, sim.status.epoch + 3);
    expect(sim.pages).toEqual(["TimeTravel"]);
    expect(sim.run(600).pages).toEqual(["TimeTravel"]);
  });

  it("in Guard, while now and then it can't be read: the call stays open, and nobody is called anew", () => {
    const sim = simulationAt("Guard", { spec: aSpec({ ...shortPlan, communications: { sinks: ["pager"] } }) });
    const receiver = new Receiver(sim);
    forge(sim, sim.status.epoch + 3);
    sim.run(900);
    expect([...receiver.open]).toContain("pager Page/TimeTravel");
    const { taken } = receiver;
    for (const seconds of [20, 40, 60]) {
      for (const read of ["overlay", "pods"] as const) sim.unreadable.add(read);
      sim.run(10);
      expect(sim.condition("Ready")).toBe("False/NotObserved");
      expect([...receiver.open]).toContain("pager Page/TimeTravel");
      sim.unreadable.clear();
      sim.run(seconds);
    }
    expect(receiver.taken).toBe(taken);
  });

  it("in CuttingOver: it is taken back after ackTimeout without anybody", () => {
    const sim = simulationAt("CuttingOver", { spec });
    forge(sim, mostEpochs);
    expect(sim.condition("InputsProved")).toBe("False/EpochOutOfRange");
    expect(sim.until("AwaitingCutover", 300).status.takenBack?.reason).toBe("AckTimeout");
  });

  it("even as a rollback, which then is the migration's own", () => {
    const sim = simulationAt("Guard", { spec });
    forge(sim, mostEpochs, { primary: "source", shadow: "none", sampleRate: 0, rollback: true });
    sim.act("Rollback");
    expect(sim.until("RolledBack", 300).status.rollback?.reason).toBe("RollbackRequested");
  });
});

describe("an annotation with an epoch that somebody made up", () => {
  it("brings the rollback it tells of, and none of its epoch", () => {
    const sim = simulationAt("Guard", { spec });
    const { epoch } = sim.status;
    const { overlay } = sim;
    if (overlay === null) throw new Error("no overlay yet");
    const rollback = { reason: "HarmAlert", causes: [], actor: null };
    sim.overlay = { ...overlay, intent: { migrationUid: sim.meta.uid, epoch: mostEpochs, rollback } };
    sim.reconcile();
    expect(sim.status).toMatchObject({ phase: "RollingBack", epoch: epoch + 1 });
    sim.until("RolledBack", 60);
  });

  it("is named where it tells of none", () => {
    const sim = simulationAt("Guard", { spec });
    const { overlay } = sim;
    if (overlay === null) throw new Error("no overlay yet");
    sim.overlay = { ...overlay, intent: { migrationUid: sim.meta.uid, epoch: mostEpochs, rollback: null } };
    sim.reconcile();
    expect(sim.said.map(({ message }) => message).join()).toContain(`the overlay's annotation (${mostEpochs})`);
  });
});
