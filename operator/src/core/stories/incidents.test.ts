// Incidents at a receiver that honours keys, over operators that are killed, sinks that fail and migrations that are deleted:
// at rest those are open of which the cause stands, and no others.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { destinationIdentity, sourceIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { type Fate, Receiver } from "#test/receiver.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";

const communications = { sinks: ["pager"] };
/** Long enough for everything that happens in it. */
const guard = { ...shortPlan.guard, duration: "36h", deadline: "96h" };
const plan = { ...shortPlan, communications, guard };
const spec = aSpec(plan);
const approvals = { checklist: { ...onlyReachable, approvals: { roles: [{ name: "owner", quorum: 1 }] } } };
const approving = aSpec({ ...plan, ...approvals });
const day = 86_400_000;

/** In the guard, blind for so long that somebody is called. */
function blindInGuard() {
  const sim = simulationAt("Guard", { spec, reconcileSeconds: 60 }).run(30);
  const receiver = new Receiver(sim);
  for (const pod of sim.pods) pod.silent = true;
  sim.run(1200);
  expect([...receiver.open]).toContain("pager Page/Blind");
  return { sim, receiver };
}

describe("a migration with an open incident that is deleted", () => {
  it("closes it before it goes, though the sink fails twice and the operator is killed after it was told", () => {
    const { sim, receiver } = blindInGuard();
    for (const pod of sim.pods) pod.silent = false;
    const fates: Fate[] = ["refused", "killed", "refused"];
    receiver.fate = () => fates.shift() ?? "recorded";
    sim.delete();
    sim.runWhile(() => !sim.gone, 900);
    expect([...receiver.open]).toEqual([]);
  });

  it("goes without that after five minutes where the sink takes nothing", () => {
    const { sim, receiver } = blindInGuard();
    for (const pod of sim.pods) pod.silent = false;
    receiver.fate = () => "refused";
    sim.delete();
    sim.runWhile(() => !sim.status.message.includes("pager hear that its incidents are over"), 600);
    sim.run(60);
    expect(sim.gone).toBe(false);
    sim.run(400);
    expect(sim.gone).toBe(true);
  });

  it("closes it though nothing was ever written for it", () => {
    const sim = simulationAt("AwaitingApproval", { spec: approving });
    const receiver = new Receiver(sim);
    deny(sim);
    sim.run(60);
    expect([...receiver.open]).toEqual(["pager Ticket/Denied"]);
    sim.delete();
    sim.runWhile(() => !sim.gone, 60);
    expect([...receiver.open]).toEqual([]);
  });

  it("closes it and goes, though its spec was made unreadable meanwhile", () => {
    const { sim, receiver } = unreadAndWaiting();
    sim.run(300);
    expect([...receiver.open]).toEqual(["pager Ticket/HoldOverdue"]);
    expect(receiver.taken).toBe(1);
    sim.delete();
    sim.runWhile(() => !sim.gone, 60);
    expect([...receiver.open]).toEqual([]);
  });

  it("stays where its spec can't be read, and only the finalizer says that something of it may be in force", () => {
    const { sim } = unreadAndWaiting();
    sim.status = { ...sim.status, outbox: [] };
    sim.delete();
    sim.run(10);
    expect(sim.gone).toBe(false);
  });
});

/** Before anything was accepted: it waits for so long that somebody is told, and its spec is edited to one that is none. */
function unreadAndWaiting() {
  const sim = simulationAt("Pending", { spec, reconcileSeconds: 60 });
  const receiver = new Receiver(sim);
  for (const pod of sim.pods) pod.silent = true;
  sim.runWhile(() => sim.status.waiting?.told === undefined, 7200);
  sim.spec = { ok: false, faults: [{ path: "spec", message: "no" }], sound: {} };
  return { sim, receiver };
}

describe("an incident", () => {
  it("of a denial stays open over phases, until the denial is taken back", () => {
    const sim = simulationAt("AwaitingApproval", { spec: approving });
    const receiver = new Receiver(sim);
    approve(sim);
    sim.until("Ramp", 600);
    deny(sim);
    sim.until("AwaitingCutover", 7200).run(1200);
    expect([...receiver.open]).toContain("pager Ticket/Denied");
    approve(sim);
    sim.run(1800);
    expect([...receiver.open]).toEqual([]);
  });

  it("that was closed is opened anew while its cause stands, whoever says nothing of it", () => {
    const { sim, receiver } = blindInGuard();
    for (const pod of sim.pods) pod.silent = false;
    sim.run(1800);
    expect([...receiver.open]).toEqual([]);
    for (const pod of sim.pods) pod.silent = true;
    sim.run(1800);
    expect([...receiver.open]).toContain("pager Page/Blind");
  });

  it("of a danger that is over is closed, and what stands still for another cause is a ticket", () => {
    const { sim, receiver } = blindInGuard();
    sim.act("Pause");
    for (const pod of sim.pods) pod.silent = false;
    sim.run(1800);
    expect([...receiver.open]).toEqual([]);
    sim.run(day / 1000);
    expect([...receiver.open]).toEqual(["pager Ticket/HoldOverdue"]);
  });

  it.each([
    [
      "nobody could see what users get",
      "Page/Blind",
      (sim: Simulation) => sim.pods.forEach((pod) => (pod.silent = true)),
    ],
    ["somebody took the overlay", "Page/HoldOverdue", (sim: Simulation) => sim.seizeOverlay("helm")],
  ])("that %s is closed once that is over, while the harm before it is held on", (_what, incident, begin) => {
    const thresholds = { latencyDelta: { afterCutover: "Hold" as const } };
    const sim = simulationAt("Guard", { spec: aSpec({ ...plan, thresholds }), reconcileSeconds: 60 }).run(30);
    const receiver = new Receiver(sim);
    sim.traffic = (_at, primary) => ({ ...goodTraffic, latencyWorse: primary === "destination" ? 0.5 : 0 });
    sim.runWhile(() => receiver.open.size === 0, 3600);
    const { overlay } = sim;
    begin(sim);
    sim.run(1800);
    const pages = () => [...receiver.open].filter((one) => one.includes("Page/")).toSorted();
    expect(pages()).toEqual([`pager ${incident}`, "pager Page/Harm"].toSorted());
    for (const pod of sim.pods) pod.silent = false;
    sim.overlay = overlay;
    sim.run(2400);
    expect(pages()).toEqual(["pager Page/Harm"]);
  });

  it("is closed at the sink that was told, though the plan names another one by now, and told to that while it stands", () => {
    const { sim, receiver } = blindInGuard();
    sim.spec = { ok: true, value: aSpec({ ...plan, communications: { sinks: ["other"] } }) };
    sim.run(180);
    expect([...receiver.open]).toEqual(expect.arrayContaining(["other Page/Blind", "pager Page/Blind"]));
    for (const pod of sim.pods) pod.silent = false;
    sim.run(1800);
    expect([...receiver.open]).toEqual([]);
  });

  it("reaches a sink that was away for longer than other messages wait, and so does its end", () => {
    const sim = simulationAt("Guard", { spec, reconcileSeconds: 60 }).run(300);
    const receiver = new Receiver(sim);
    receiver.fate = () => "refused";
    for (const pod of sim.pods) pod.silent = true;
    sim.run(9 * 3600);
    receiver.fate = () => "recorded";
    sim.run(3 * 3600);
    expect([...receiver.open]).toContain("pager Page/Blind");
    receiver.fate = () => "refused";
    for (const pod of sim.pods) pod.silent = false;
    sim.run(9 * 3600);
    receiver.fate = () => "recorded";
    sim.run(3 * 3600);
    expect([...receiver.open]).toEqual([]);
  });
});

type Turn = { readonly move: keyof typeof moves; readonly minutes: number };

/** What happens to a migration; everything can be mended again. */
const moves = {
  silence: (sim: Simulation) => void (sim.pod(0).silent = true),
  silenceAll: (sim: Simulation) => sim.pods.forEach((pod) => void (pod.silent = true)),
  stick: (sim: Simulation) => void (sim.pod(1).stuck = true),
  base: (sim: Simulation) => void (sim.base = destinationIdentity),
  seize: (sim: Simulation) => sim.seizeOverlay("helm"),
  unread: (sim: Simulation) => void sim.unreadable.add("overlay"),
  harm: (sim: Simulation) => void (sim.traffic = worse),
  pause: (sim: Simulation) => sim.act("Pause"),
  resume: (sim: Simulation) => sim.act("Resume"),
  deny: (sim: Simulation) => deny(sim),
  approve: (sim: Simulation) => approve(sim),
  rollback: (sim: Simulation) => sim.act("Rollback"),
  mend: (sim: Simulation) => mend(sim),
  wait: () => undefined,
} satisfies Record<string, (sim: Simulation) => void>;

const begins = ["AwaitingApproval", "Ramp", "AwaitingCutover", "Guard"] as const;
const history = fc.record({
  from: fc.constantFrom(...begins),
  isAutomatic: fc.boolean(),
  turns: fc.array(
    fc.record({
      move: fc.constantFrom(...(Object.keys(moves) as (keyof typeof moves)[])),
      minutes: fc.constantFrom(1, 7, 20, 70),
    }),
    { minLength: 3, maxLength: 10 },
  ),
  fates: fc.array(fc.constantFrom<Fate>("recorded", "killed", "refused"), { maxLength: 30 }),
});

describe("over any history, with any of its messages lost or its operator killed", () => {
  const played = (from: (typeof begins)[number], isAutomatic: boolean, turns: readonly Turn[], fates: Fate[]) => {
    const { rollback } = plan;
    const sim = simulationAt(from, {
      spec: aSpec({
        ...plan,
        ...(asks(from) ? approvals : {}),
        rollback: { ...rollback, automatic: isAutomatic },
      }),
      reconcileSeconds: 60,
    });
    const receiver = new Receiver(sim);
    const left = [...fates];
    receiver.fate = () => left.shift() ?? "recorded";
    for (const { move, minutes } of turns) {
      moves[move](sim);
      sim.run(minutes * 60);
    }
    return { sim, receiver };
  };

  it("what is open at rest is what was told of and stands", () => {
    fc.assert(
      fc.property(history, ({ from, isAutomatic, turns, fates }) => {
        const { sim, receiver } = played(from, isAutomatic, turns, fates);
        sim.run(2 * 3600);
        const open = [...receiver.open].map((one) => one.replace("pager ", ""));
        expect(open.filter((incident) => !mayStand(incident, sim))).toEqual([]);
        expect(missingOf(open, sim)).toEqual([]);
      }),
      { numRuns: 6, seed: 11 },
    );
  });

  it("nothing is open once it is deleted", () => {
    fc.assert(
      fc.property(history, ({ from, isAutomatic, turns, fates }) => {
        const { sim, receiver } = played(from, isAutomatic, turns, fates);
        mend(sim);
        receiver.fate = () => "recorded";
        sim.delete();
        sim.runWhile(() => !sim.gone, 7200);
        expect([...receiver.open]).toEqual([]);
      }),
      { numRuns: 6, seed: 12 },
    );
  });
});

const heldNames = ["Page/Harm", "Page/OnePodAlone", "Page/RollbackBlocked"];

/** What has to be open by the status, and isn't; by its words, whichever of them is told. */
function missingOf(open: readonly string[], { status: { conditions, waiting, phase, harm } }: Simulation): string[] {
  const is = (type: string) => conditions.find((one) => one.type === type);
  const wanted: readonly (readonly [isWanted: boolean, ...names: string[]])[] = [
    [is("RollbackReady")?.status === "False" && phase === "Guard", "Page/RollbackNotReady"],
    [waiting?.told === "ticket", "Ticket/HoldOverdue"],
    [waiting?.told === "page", "Page/Blind", "Page/HoldOverdue", ...(harm?.heldSince === undefined ? [] : heldNames)],
    [is("Ready")?.reason === "RollbackBlocked", ...heldNames],
  ];
  return wanted.flatMap(([isWanted, ...names]) =>
    isWanted && !names.some((name) => open.includes(name)) ? [names.join(" or ")] : [],
  );
}

/** Said by what the world is like, without the operator's rules; of a step nothing is known here. */
function mayStand(incident: string, { status, pods }: Simulation): boolean {
  const is = (type: string) => status.conditions.find((one) => one.type === type);
  if (incident === "Ticket/Denied") return (status.acts?.denials ?? []).length > 0;
  if (incident === "Page/RollbackNotReady") return is("RollbackReady")?.status !== "True";
  if (/Page\/(Blind|HoldOverdue)$/.test(incident)) return status.waiting?.danger !== undefined;
  if (incident === "Ticket/HoldOverdue") return status.waiting !== undefined;
  if (heldNames.includes(incident)) return status.harm?.heldSince !== undefined;
  if (/TwoPrimaries|AckTimeout|PodsFenced|QuorumFollows/.test(incident))
    return pods.some(({ stuck, silent }) => stuck || silent);
  return true;
}

function asks(from: (typeof begins)[number]): boolean {
  return from === "AwaitingApproval";
}

function worse(_at: number, primary: "source" | "destination") {
  return { ...goodTraffic, errorShare: primary === "destination" ? 0.3 : 0 };
}

function mend(sim: Simulation): void {
  for (const pod of sim.pods) Object.assign(pod, { silent: false, stuck: false });
  sim.unreadable.clear();
  sim.base = sourceIdentity;
  sim.traffic = () => goodTraffic;
}

function deny(sim: Simulation): void {
  sim.act("Deny", { actor: "alan", role: "owner", planHash: sim.status.planHash, reason: "no" });
}

function approve(sim: Simulation): void {
  sim.act("Approve", { actor: "alan", role: "owner", planHash: sim.status.planHash });
}
