// One reconcile of the production `decide`, and every way in which it can be cut short.
import { isDeepStrictEqual } from "node:util";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { decide } from "#core/decide.ts";
import type { Decision, Effect } from "#core/model/decision.ts";
import { canonicalise } from "./canonical.ts";
import type { Circumstances } from "./circumstances.ts";
import { count, type Evidence, totalsOfPods } from "./evidence.ts";
import { decisionKey } from "./key.ts";
import { finalizerName, observe } from "./observe.ts";
import { type Doc, docOf, origin, spec, stepMs } from "./plan.ts";
import { simplified } from "./record.ts";
import { follow } from "./sidecar.ts";
import { isOfEpoch, isTelling, stepsTold } from "./truths.ts";
import type { Pod, World } from "./world.ts";

export type Decide = typeof decide;

export type Reconcile = {
  readonly name: string;
  readonly faults: number;
  readonly evidence: Evidence;
  /** Steps since the last reconcile. */
  readonly after: number;
  /** As the operator found it: pods have followed and counted, nothing is decided. */
  readonly found: World;
  readonly left: World;
  /** The status was written, if there was anything to write. */
  readonly isWritten: boolean;
  /** What the pods told is part of the status that was written. */
  readonly isTaken: boolean;
  /** Every effect took place. */
  readonly isWhole: boolean;
  readonly documents: readonly Doc[];
  /** Epoch that was decided, in the numbers of `found`. */
  readonly epoch: number;
  /** Nothing was done, and nothing written but what pods have counted. */
  readonly isQuiet: boolean;
};

/** Time passes from the origin on: pods read their files at once, and serve. */
export function pass(world: World, evidence: Evidence, steps = 1): World {
  const step = (pod: Pod): Pod => count(follow(pod, world, origin + 1), evidence, steps);
  return { ...world, pods: [step(world.pods[0]), step(world.pods[1])] };
}

const soon = origin + stepMs;

/** Every end of a reconcile that comes a step from now. */
export function reconcilesOf(world: World, given: Circumstances, judge: Judge): Reconcile[] {
  return reconcilesIn(world, given, judge).map((one) => ({ ...one, left: canonicalise(one.left, soon) }));
}

/** The same with everything kept that the worlds remember. */
export function reconcilesIn(world: World, given: Circumstances, judge: Judge): Reconcile[] {
  const { evidence, listable = true, down = null, verifier = "there", act } = given;
  const passed = pass(world, evidence);
  const found: World = {
    ...passed,
    listable,
    down,
    verifier,
    acts: act === undefined ? world.acts : [...world.acts, act],
    ghost:
      (act === "Promote" || act === "Retry") && world.status.phase === "AwaitingCutover"
        ? { ...world.ghost, promoted: true }
        : world.ghost,
  };
  const decision = judge(found, evidence);
  return endings(found, evidence, decision).map((ending) => ({
    ...ending,
    name: `${given.name}${ending.name}`,
    faults: given.faults + ending.faults,
    evidence,
    after: 1,
    found,
    epoch: decision.status.epoch,
    left: { ...ending.left, listable: true, down: null, verifier: "there" },
  }));
}

export type Judge = (found: World, evidence: Evidence) => Decision;

/** The production judgement of what a reconcile found. Worlds that reconcile the same are judged once. */
export function makeJudge(decide: Decide): Judge {
  const known = new Map<string, { readonly decision: Decision; readonly isNews: boolean }>();
  return (found, evidence) => {
    const key = `${evidence} ${decisionKey(found, evidence === "silent" || !found.listable)}`;
    const before = known.get(key);
    if (before !== undefined) return before.isNews ? before.decision : { ...before.decision, status: found.status };
    const decision = judge(found, evidence, decide, soon);
    known.set(key, { decision, isNews: decision.status !== found.status });
    return decision;
  };
}

/** Judges every reconcile anew. */
export function makeFreshJudge(decide: Decide, now = soon): Judge {
  return (found, evidence) => judge(found, evidence, decide, now);
}

function judge(found: World, evidence: Evidence, decide: Decide, now: number): Decision {
  const meta = {
    namespace: "search",
    name: "docs-to-qdrant",
    uid: "migration-1",
    generation: 1,
    resourceVersion: "1",
    createdAt: origin - 1,
    deleting: found.deleting,
    finalizers: found.finalizer ? [finalizerName] : [],
  };
  const migration = { meta, spec: { ok: true, value: spec } as const, status: found.status };
  return decide({ migration, observation: observe(found, evidence, now), now });
}

type Ending = Pick<
  Reconcile,
  "name" | "faults" | "left" | "isWritten" | "isTaken" | "isWhole" | "documents" | "isQuiet"
>;

function endings(found: World, evidence: Evidence, decision: Decision): Ending[] {
  const isNews = decision.status !== found.status;
  const { effects } = decision;
  const isTaken = isNews && isTelling(evidence, found);
  const written = isNews ? withStatus(takeBins(found, evidence), decision, isTaken) : found;
  const whole = carryOut(written, effects);
  const isSaid = effects.length > 0 || decision.announcements.length > 0;
  const isQuiet =
    !isSaid && (!isNews || isOnlyDated(found, decision.status) || isOnlyCounted(found, evidence, decision.status));
  const result: Ending[] = [{ name: "", faults: 0, isWritten: true, isTaken, ...whole, isQuiet }];
  const most = Math.min(effects.length, whole.isWhole ? effects.length : whole.done + 1);
  for (let done = 0; done < most; done += 1) {
    const cut = carryOut(written, effects.slice(0, done));
    const name = done === 0 ? "; it dies after the status write" : `; the reply to ${effects[done - 1]?.kind} is lost`;
    result.push({ name, faults: 1, isWritten: true, isTaken, ...cut, isWhole: false, isQuiet: false });
  }
  if (isNews && decision.effectsSurviveStatusFailure) {
    const unwritten = carryOut(found, effects);
    const name = "; the status write is refused";
    result.push({ name, faults: 1, isWritten: false, isTaken: false, ...unwritten, isQuiet: false });
  }
  return result;
}

function withStatus(found: World, decision: Decision, isTaken: boolean): World {
  const status = outweighed(found, decision.status, isTaken);
  const seen = new Set(status.acts?.seen);
  const acts = found.acts.filter((act, index) => !seen.has(`act-${index}-${act}`));
  return { ...found, status, acts };
}

/** Newer traffic outweighs older: what was counted is told by the class of the newest. */
function outweighed(found: World, status: MigrationStatus, isTaken: boolean): MigrationStatus {
  const { evidence } = status;
  if (evidence === undefined) return status;
  const pods = found.pods.filter((pod) => isOfEpoch(pod, found) && pod.read);
  const counted = isTaken && pods.length > 0 ? { counted: totalsOfPods(pods) } : {};
  return { ...status, evidence: { ...simplified(evidence), ...counted } };
}

/** Pods told of another step, and that is all that was written. */
function isOnlyCounted(found: World, evidence: Evidence, written: MigrationStatus): boolean {
  const isTold = stepsTold(found, evidence).length > 0;
  return isTold && isDeepStrictEqual(withoutCounts(found.status), withoutCounts(written));
}

/** A cutover that waits for pods was looked at again: that is all that was written, as each minute or window at most. */
function isOnlyDated({ status }: World, written: MigrationStatus): boolean {
  const [before, next] = [status.acks?.waited?.at, written.acks?.waited?.at];
  return before !== next && isDeepStrictEqual(withoutReadingAt(status), withoutReadingAt(written));
}

function withoutReadingAt({ acks, ...rest }: MigrationStatus) {
  return { ...rest, acks: acks && { ...acks, waited: acks.waited?.since } };
}

/** The status without counters and the sentences that tell of them. */
function withoutCounts(status: MigrationStatus) {
  const { evidence: _evidence, detection: _detection, message: _message, ...rest } = withoutReadingAt(status);
  const { harm, conditions } = rest;
  return { ...rest, harm: { ...harm, causes: [] }, conditions: conditions.map((one) => ({ ...one, message: "" })) };
}

/** A status holds what the pods of its epoch told. Steps without a request are no bins, and stay to be asked for. */
function takeBins(found: World, evidence: Evidence): World {
  if (!isTelling(evidence, found)) return found;
  const take = (pod: Pod): Pod => {
    const isTold = isOfEpoch(pod, found) && pod.unread.some((seen) => seen !== "nothing");
    return isTold ? { ...pod, unread: [], read: true } : pod;
  };
  return { ...found, pods: [take(found.pods[0]), take(found.pods[1])] };
}

type CarriedOut = {
  readonly left: World;
  readonly documents: readonly Doc[];
  readonly isWhole: boolean;
  readonly done: number;
};

/** In their order; the first that the API refuses ends it. */
function carryOut(world: World, effects: readonly Effect[]): CarriedOut {
  const documents: Doc[] = [];
  let left = world;
  for (const [done, effect] of effects.entries()) {
    const isForeign = left.overlay?.foreign === true;
    if (effect.kind === "applyOverlay" && isForeign && !effect.force) return { left, documents, isWhole: false, done };
    if (effect.kind === "applyOverlay") documents.push(docOf(effect.document));
    left = carryOutOne(left, effect);
  }
  return { left, documents, isWhole: true, done: effects.length };
}

function carryOutOne(world: World, effect: Effect): World {
  switch (effect.kind) {
    case "addFinalizer":
      return { ...world, finalizer: true };
    case "removeFinalizer":
      return { ...world, finalizer: false, gone: world.deleting };
    case "applyOverlay": {
      const doc = docOf(effect.document);
      if (doc.text !== effect.text) throw new Error("the text of an overlay isn't its document");
      const { intent } = effect;
      const deleting = world.overlay?.deleting === true;
      return { ...world, overlay: { doc, intent, hasFinalizer: true, deleting, foreign: false } };
    }
    case "annotatePods": {
      const annotate = (pod: Pod, index: number): Pod =>
        effect.pods.includes(`pod-${index + 1}`) ? { ...pod, annotated: effect.epoch } : pod;
      return { ...world, pods: [annotate(world.pods[0], 0), annotate(world.pods[1], 1)] };
    }
    case "removeOverlay":
      return { ...world, overlay: null };
    case "abandonOverlay":
      return leaveOverlay(world);
    case "createJob":
      return { ...world, job: world.job ?? { name: effect.job, state: "running" } };
    case "deleteJobs":
      return { ...world, job: world.job !== null && effect.jobs.includes(world.job.name) ? null : world.job };
    case "pruneActs":
      throw new Error("an explored act is gone as soon as it is judged");
    case "keepReport":
      throw new Error("the explored Job offers no report");
  }
}

/** A deleted object goes with its last finalizer. */
function leaveOverlay(world: World): World {
  const { overlay } = world;
  if (overlay === null) return world;
  return { ...world, overlay: overlay.deleting ? null : { ...overlay, hasFinalizer: false } };
}

/** Nothing reconciles for some steps: the operator is away, or its status write is refused. */
export function absence(world: World, evidence: Evidence, after: number): World {
  return canonicalise(pass(world, evidence, after), origin + after * stepMs);
}
