// The exploration finds nothing in the product and finds what is planted.
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { describe, expect, it } from "vitest";
import { decide } from "#core/decide.ts";
import type { Decision } from "#core/model/decision.ts";
import type { ActObservation } from "#core/model/observation.ts";
import { origin } from "./plan.ts";
import type { Decide } from "./reconcile.ts";
import { withProcesses } from "./record.ts";
import { invariants } from "./report.ts";
import { explore } from "./search.ts";

/** The product with one mistake in it. */
function planted(change: (decision: Decision, input: Parameters<Decide>[0]) => Decision): Decide {
  return (input) => change(decide(input), input);
}

type Migration = Parameters<Decide>[0]["migration"];

function withStatus(migration: Migration, more: Partial<Migration["status"]>): Migration {
  return { ...migration, status: { ...migration.status, ...more } };
}

/** The product where pods tell only of some bins. */
function tellingOnly(isTold: (counters: Counters) => boolean): Decide {
  return (input) => {
    const { pods } = input.observation;
    if (!pods.ok) return decide(input);
    const value = pods.value.map((pod) => {
      if (!pod.status.ok) return pod;
      const { evidence } = pod.status.value;
      const bins = evidence.bins.filter(({ counters }) => isTold(counters));
      return { ...pod, status: { ok: true as const, value: { ...pod.status.value, evidence: { ...evidence, bins } } } };
    });
    return decide({ ...input, observation: { ...input.observation, pods: { ok: true, value } } });
  };
}

function brokenBy(bug: Decide, mostFaults = 0): readonly string[] {
  const found = explore({ decide: bug, mostFaults, mostViolations: 1 });
  return [...new Set(found.violations.map(({ invariant }) => invariant))];
}

const rollBack: ActObservation = {
  name: "rollback",
  uid: "act-1",
  createdAt: origin,
  act: "Rollback",
  actor: "ada",
  reason: "",
  planHash: null,
  expiresAt: null,
};

const early = { kind: "createJob", job: "early", template: "search-api-retriever-verify", since: null } as const;

describe("the product", () => {
  it("breaks no invariant under one fault, and every invariant is asked", () => {
    const found = explore({ decide, mostFaults: 1 });
    expect(found.violations).toEqual([]);
    expect(found.isComplete).toBe(true);
    expect(found.worlds).toBeGreaterThan(1000);
    expect([...found.report.checked.keys()].toSorted()).toEqual(Object.keys(invariants).toSorted());
  });

  it("shows the way to a violation from the creation on", () => {
    const bug = planted((decision) =>
      decision.status.phase === "RollingBack" ? { ...decision, effects: [] } : decision,
    );
    const [first] = explore({ decide: bug, mostFaults: 0, mostViolations: 1 }).violations;
    expect(first?.path[0]).toMatch(/^the migration is created\n +Pending wants nothing/);
    expect(first?.path.at(-1)).toMatch(/^evidence harmful\n +RollingBack wants/);
  });

  it("is explored the same way twice", () => {
    const [a, b] = [explore({ decide, mostFaults: 0 }), explore({ decide, mostFaults: 0 })];
    expect([b.worlds, b.transitions, b.depth]).toEqual([a.worlds, a.transitions, a.depth]);
  });
});

describe("a planted bug is caught:", () => {
  it("a rate that rises although no pod answers", () => {
    const bug = planted((decision, { observation, migration }) => {
      const { stage, revision } = migration.status;
      const isSilent = observation.pods.ok && observation.pods.value.some(({ status }) => !status.ok);
      if (!isSilent || stage?.index !== 0 || revision?.sampleRate !== 0.1) return decision;
      const epoch = revision.epoch + 1;
      const status = {
        ...decision.status,
        epoch,
        stage: { index: 1, count: 3, sampleRate: 0.3 },
        revision: { ...revision, epoch, sampleRate: 0.3 },
      };
      return { ...decision, status, effects: [] };
    });
    expect(brokenBy(bug, 1)).toEqual(["I3"]);
  });

  it("a guard that ends as soon as it has begun", () => {
    const bug = planted((decision) => {
      const { phase, guard } = decision.status;
      return phase !== "Guard" || guard === undefined || guard.watchedSeconds > 0
        ? decision
        : { ...decision, status: { ...decision.status, guard: { ...guard, watchedSeconds: 40 } } };
    });
    expect(brokenBy(bug)).toEqual(["I10"]);
  });

  it("a finalizer that goes before the pods are back", () => {
    const bug = planted((decision, { migration }) =>
      migration.meta.deleting && migration.meta.finalizers.length > 0
        ? { ...decision, effects: [...decision.effects, { kind: "removeFinalizer" }] }
        : decision,
    );
    expect(brokenBy(bug, 1)).toEqual(["finalizer"]);
  });

  it("a rollback that is not written", () => {
    const bug = planted((decision) =>
      decision.status.phase === "RollingBack" ? { ...decision, effects: [] } : decision,
    );
    expect(brokenBy(bug)).toEqual(["I7"]);
  });

  it("harm that nobody judges", () => {
    expect(brokenBy(tellingOnly(() => false))).toEqual(["I12"]);
  });

  it("harm that nothing ends, so that two blips act like one that lasted", () => {
    expect(brokenBy(tellingOnly(({ scoreWorse, errors }) => scoreWorse > 0 || errors > 0))).toEqual(["I12"]);
  });

  it("bins that are asked for again in every pass", () => {
    const bug: Decide = (input) => {
      const { migration } = input;
      const { evidence } = migration.status;
      if (evidence === undefined) return decide(input);
      const again = withProcesses(evidence, (process) => ({ ...process, binsUntil: 0 }));
      return decide({ ...input, migration: withStatus(migration, { evidence: again }) });
    };
    expect(brokenBy(bug, 1)).toEqual(["quiet"]);
  });

  it("harm that acts at once", () => {
    const bug: Decide = (input) => {
      const usual = decide(input);
      const stands = usual.status.detection?.lines.some(({ clock }) => clock !== undefined) === true;
      if (usual.status.phase !== "Guard" || !stands) return usual;
      const acts = { ok: true, value: [rollBack] } as const;
      const hasty = decide({ ...input, observation: { ...input.observation, acts } });
      const { rollback, acts: _acts, ...rest } = hasty.status;
      if (rollback === undefined) return usual;
      return { ...hasty, status: { ...rest, rollback: { ...rollback, reason: "HarmAlert", actor: null } } };
    };
    expect(brokenBy(bug)).toEqual(["I12"]);
  });

  it("a laggard that is left behind before it had its time", () => {
    const bug: Decide = (input) => {
      const { migration } = input;
      if (!migration.spec.ok) return decide(input);
      const { value } = migration.spec;
      const hasty = { ...value, cutover: { ...value.cutover, ackTimeout: "1s" } };
      return decide({ ...input, migration: { ...migration, spec: { ok: true, value: hasty } } });
    };
    expect(brokenBy(bug, 1)).toEqual(["I3"]);
  });

  it("a cutover that is ended without its laggards being held", () => {
    const bug = planted((decision) => {
      const { revision } = decision.status;
      if (revision?.activationDeadline === undefined) return decision;
      const { activationDeadline: _deadline, ...unbound } = revision;
      const effects = decision.effects.map((effect) => {
        if (effect.kind !== "applyOverlay") return effect;
        const { activationDeadline: _held, ...document } = effect.document;
        return { ...effect, document, text: `${JSON.stringify(document, null, 2)}\n` };
      });
      return { ...decision, effects, status: { ...decision.status, revision: unbound } };
    });
    expect(brokenBy(bug, 1)).toEqual(["I6"]);
  });

  it("a rollback that ends before the pods are back", () => {
    const bug = planted((decision) =>
      decision.status.phase === "RollingBack"
        ? { ...decision, status: { ...decision.status, phase: "RolledBack" } }
        : decision,
    );
    expect(brokenBy(bug)).toEqual(["rolled back", "phases"]);
  });

  it("a late rollback that ends uncompared", () => {
    const bug = planted((decision, { migration }) =>
      migration.status.phase === "RollingBack" && decision.status.phase === "VerifyingDrift"
        ? { ...decision, status: { ...decision.status, phase: "RolledBack" } }
        : decision,
    );
    expect(brokenBy(bug)).toEqual(["I11"]);
  });

  it("a comparison that could not be made and is taken for an equal one", () => {
    const bug = planted((decision, { migration }) => {
      if (migration.status.phase !== "VerifyingDrift") return decision;
      const conditions = decision.status.conditions.map((one) =>
        one.type === "DriftResolved" && one.reason === "CannotSay" ? { ...one, status: "True" as const } : one,
      );
      return { ...decision, status: { ...decision.status, conditions } };
    });
    expect(brokenBy(bug, 1)).toEqual(["I11"]);
  });

  it("a comparison that begins before the pods are back", () => {
    const bug = planted((decision, { migration }) =>
      migration.status.phase === "Guard" && decision.status.phase === "RollingBack"
        ? { ...decision, effects: [...decision.effects, early] }
        : decision,
    );
    expect(brokenBy(bug)).toEqual(["I11"]);
  });

  it("a Job that is left running", () => {
    const bug = planted((decision) => ({
      ...decision,
      effects: decision.effects.filter(({ kind }) => kind !== "deleteJobs"),
    }));
    expect(brokenBy(bug)).toEqual(["I11"]);
  });

  it("a status that is written at every reconcile", () => {
    const bug = planted((decision) => ({ ...decision, status: { ...decision.status } }));
    expect(brokenBy(bug)).toEqual(["quiet"]);
  });

  it("a pause that nobody heeds", () => {
    const bug: Decide = (input) => {
      const { migration } = input;
      const { acts } = migration.status;
      if (acts?.paused !== true) return decide(input);
      const deaf = { ...migration, status: { ...migration.status, acts: { ...acts, paused: false } } };
      const decision = decide({ ...input, migration: deaf });
      const status = { ...decision.status, acts: { ...decision.status.acts, seen: [], paused: true } };
      return { ...decision, status };
    };
    expect(brokenBy(bug, 1)).toEqual(["pause"]);
  });
});
