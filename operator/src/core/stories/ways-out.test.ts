// Every way out of what people were called for: a page is open at rest only while users get answers of the destination, or may,
// and nothing is open of what was mended.
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { destinationIdentity, sourceIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { Receiver } from "#test/receiver.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";
import { answeredStatuses } from "../pods/pods.ts";

const plan: Partial<MigrationSpecInput> = {
  ...shortPlan,
  communications: { sinks: ["pager"] },
  guard: { ...shortPlan.guard, duration: "6h", deadline: "96h" },
  rollback: { ...shortPlan.rollback, verifyDriftAfter: "12h" },
};
/** One of three may be left behind. */
const quorum: Partial<MigrationSpecInput> = { cutover: { minAcknowledged: 2 } };
const manual: Partial<MigrationSpecInput> = { rollback: { ...plan.rollback, automatic: false } };

type Call = {
  readonly from: Phase;
  readonly more?: Partial<MigrationSpecInput>;
  readonly begin: (sim: Simulation) => void;
  /** What is open then, among others. */
  readonly opens: string;
  readonly minutes: number;
};

const calls: Readonly<Record<string, Call>> = {
  "pods that don't answer in the guard": { from: "Guard", begin: silence, opens: "Page/Blind", minutes: 25 },
  "a source that fails in the guard": {
    from: "Guard",
    begin: (sim) => sim.behave("source", { down: true }),
    opens: "Page/RollbackNotReady",
    minutes: 12,
  },
  "a base that names another store in the guard": {
    from: "Guard",
    begin: (sim) => void (sim.base = destinationIdentity),
    opens: "Page/RollbackNotReady",
    minutes: 12,
  },
  "an overlay that was taken in the guard": {
    from: "Guard",
    begin: (sim) => sim.seizeOverlay("helm"),
    opens: "Page/HoldOverdue",
    minutes: 25,
  },
  "harm that nothing is done about": {
    from: "Guard",
    more: manual,
    begin: worsen,
    opens: "Page/RollbackBlocked",
    minutes: 12,
  },
  "pods that fell back to the source in the guard": {
    from: "Guard",
    begin: fallBack,
    opens: "Page/TwoPrimaries",
    minutes: 12,
  },
  "a pod that keeps the destination in a rollback": {
    from: "Guard",
    begin: (sim) => {
      sim.pod(0).stuck = true;
      sim.act("Rollback");
    },
    opens: "Page/AckTimeout",
    minutes: 25,
  },
  "a pod that doesn't read a cutover, nor answer then": {
    from: "AwaitingCutover",
    begin: (sim) => {
      lag(sim);
      sim.pod(0).silent = true;
    },
    opens: "Page/AckTimeout",
    minutes: 12,
  },
  "a source that fails in a cutover that is taken back": {
    from: "AwaitingCutover",
    begin: (sim) => {
      lag(sim);
      sim.behave("source", { down: true });
    },
    opens: "Page/RollbackNotReady",
    minutes: 4,
  },
  "a pod that a quorum leaves behind": {
    from: "AwaitingCutover",
    more: quorum,
    begin: lag,
    opens: "Ticket/PodsFenced",
    minutes: 12,
  },
  "pods that don't answer an Abort before the cutover": {
    from: "Ramp",
    begin: (sim) => {
      silence(sim);
      sim.act("Abort");
    },
    opens: "Ticket/AckTimeout",
    minutes: 25,
  },
  "harm before the cutover": {
    from: "Ramp",
    begin: (sim) => void (sim.traffic = () => ({ ...goodTraffic, scoreWorse: 0.9 })),
    opens: "Ticket/Held",
    minutes: 30,
  },
};

function silence(sim: Simulation): void {
  for (const pod of sim.pods) pod.silent = true;
}

function worsen(sim: Simulation): void {
  sim.traffic = (_at, primary) => ({ ...goodTraffic, errorShare: primary === "destination" ? 0.3 : 0 });
}

/** Cuts over, and one pod doesn't see it. */
function lag(sim: Simulation): void {
  sim.pod(0).stuck = true;
  sim.act("Promote");
  sim.run(30);
}

/** The volumes of two pods have lost the overlay, and their processes begin anew. */
function fallBack(sim: Simulation): void {
  const { overlay } = sim;
  sim.overlay = null;
  for (const index of [0, 1]) {
    sim.run(0);
    sim.restart(sim.pod(index));
    sim.pod(index).stuck = true;
  }
  sim.overlay = overlay;
}

function mend(sim: Simulation): void {
  for (const pod of sim.pods) {
    const { stuck } = pod;
    Object.assign(pod, { silent: false, stuck: false });
    if (stuck) sim.restart(pod);
  }
  sim.base = sourceIdentity;
  sim.traffic = () => goodTraffic;
  sim.behave("source", { down: false });
  const { overlay } = sim;
  if (overlay !== null && overlay.foreignManagers.length > 0) sim.overlay = { ...overlay, foreignManagers: [] };
}

const ways: Readonly<Record<string, (sim: Simulation) => void>> = {
  "a Rollback": (sim) => sim.act("Rollback"),
  "an Abort": (sim) => sim.act("Abort"),
  "a Retry": (sim) => sim.act("Retry"),
  "pods that answer again": (sim) => sim.pods.forEach((pod) => void (pod.silent = false)),
  "pods that begin to answer, and a Rollback": (sim) => {
    for (const pod of sim.pods) pod.silent = false;
    sim.act("Rollback");
  },
};

const mends: Readonly<Record<string, (sim: Simulation) => void>> = {
  "what was broken is mended": mend,
  "it is mended, and somebody resumes": (sim) => {
    mend(sim);
    sim.act("Resume");
  },
  "it is mended, and somebody goes back": (sim) => {
    mend(sim);
    sim.act("Rollback");
  },
  "it is mended, and the cutover is tried again": (sim) => {
    mend(sim);
    sim.run(900);
    sim.act("Retry");
  },
};

/** With what people were called for open at the receiver. */
function called({ from, more, begin, opens, minutes }: Call) {
  const sim = simulationAt(from, {
    spec: aSpec({ ...plan, ...more, cutover: { hold: from !== "Guard", ...more?.cutover } }),
    reconcileSeconds: from === "AwaitingCutover" ? 20 : 60,
  }).run(60);
  const receiver = new Receiver(sim);
  begin(sim);
  sim.run(minutes * 60);
  expect([...receiver.open]).toContain(`pager ${opens}`);
  return { sim, receiver };
}

/** Long enough for an end to be told, and for what comes then. */
const restSeconds = 1500;

/** Users may get answers of the destination: a pod says so, or says nothing since a cutover. */
function mayBeServedByIt(sim: Simulation): boolean {
  if (sim.status.cutoverAt === undefined && sim.status.takenBack === undefined) return false;
  const answers = answeredStatuses(sim.observation());
  return answers.length < sim.pods.length || answers.some(({ config }) => config.primary === "destination");
}

const names = (open: ReadonlySet<string>, severity: string): string[] =>
  [...open].filter((one) => one.startsWith(`pager ${severity}/`));

/** What stands though it was mended, since a person has to say that it goes on. */
const standing: Partial<Readonly<Record<Phase, readonly string[]>>> = {
  AwaitingCutover: ["pager Ticket/Retryable"],
  Ramp: ["pager Ticket/Held"],
  RolledBack: ["pager Ticket/BaseNotUpdated"],
};

describe.each(Object.entries(calls))("called for %s", (_what, call) => {
  it.each(Object.entries(ways))("and left by %s: no page is open while everybody is at the source", (_way, leave) => {
    const { sim, receiver } = called(call);
    leave(sim);
    sim.run(restSeconds);
    const pages = names(receiver.open, "Page");
    expect({ phase: sim.phase, pages, may: mayBeServedByIt(sim) }).toSatisfy(({ may }) => may || pages.length === 0);
  });

  it.each(Object.entries(mends))("once %s: only what waits for a person is open", (_way, leave) => {
    const { sim, receiver } = called(call);
    leave(sim);
    sim.run(restSeconds);
    expect(names(receiver.open, "Page")).toEqual([]);
    const tickets = names(receiver.open, "Ticket").filter((ticket) => standing[sim.phase]?.includes(ticket) !== true);
    expect({ phase: sim.phase, tickets }).toEqual({ phase: sim.phase, tickets: [] });
  });

  it("and deleted: nothing is open once it is gone", () => {
    const { sim, receiver } = called(call);
    mend(sim);
    sim.delete();
    sim.runWhile(() => !sim.gone, 7200);
    expect([...receiver.open]).toEqual([]);
  });
});
