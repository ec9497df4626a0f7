// A toy cluster that folds `decide` over virtual time. Every status it takes is held to the rules of the API server.
import type { Act } from "@retriever/crds/migration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { type MigrationStatus, migrationStatusSchema, type Phase } from "@retriever/crds/status/migration-status.ts";
import { isJobEffect, ToyVerifier } from "@retriever/kubectl/toy/toy-verifier.ts";
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import { decide } from "#core/decide.ts";
import type { AlertsRead } from "#core/model/alert-observation.ts";
import type { Announcement, Decision, Effect } from "#core/model/decision.ts";
import type { Migration, MigrationMeta } from "#core/model/migration.ts";
import type { ActObservation, ClaimObservation, Observation } from "#core/model/observation.ts";
import type { OverlayObservation } from "#core/model/workload.ts";
import { spansOf } from "#core/time/evidence-spans.ts";
import { checkStatus, overlayAfter } from "#test/api-rules.ts";
import { aTarget } from "#test/builders/search-app.ts";
import { destinationIdentity, sourceIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec } from "#test/builders/spec.ts";
import { goodTraffic, ToyPod, type Traffic, type World } from "#test/toy-pod.ts";
import { deliveriesOf, type SinkAnswer } from "#test/toy-sinks.ts";

export type Script = {
  readonly spec?: MigrationSpec;
  readonly uid?: string;
  readonly pods?: number;
  /** Shortest time between two reconciles, seconds; a reconcile asked for later comes later. */
  readonly reconcileSeconds?: number;
};

type Part = "target" | "overlay" | "pods" | "claims" | "acts";
export type Said = Announcement & { readonly at: number };

const startedAt = Date.parse("2026-03-01T00:00:00Z");

/** One migration, one workload. Fields are the script: change them between runs. */
export class Simulation {
  now = startedAt;
  spec: Migration["spec"];
  meta: MigrationMeta;
  status: MigrationStatus = migrationStatusSchema.parse({});
  pods: ToyPod[];
  target = aTarget(3);
  overlay: OverlayObservation | null = null;
  acts: ActObservation[] = [];
  claims: ClaimObservation[] = [];
  base = sourceIdentity;
  actIdentity: Observation["actIdentity"] = { ok: true, value: "proved" };
  staging: Observation["staging"];
  /** What the Prometheus says; undefined: the plan asks none. */
  alerts: ((now: number) => AlertsRead) | undefined;
  /** Its Jobs are read in every phase; undefined: they can't be read. */
  verifier: ToyVerifier | undefined = new ToyVerifier(
    { source: sourceIdentity, destination: destinationIdentity },
    30_000,
  );
  sink: SinkAnswer;
  behindSeconds: Record<StoreName, number> = { source: 0, destination: 0 };
  readonly failing = new Set<StoreName>();
  readonly unreadable = new Set<Part>();
  traffic: (at: number, primary: StoreName) => Traffic = () => goodTraffic;
  /** The API server refuses the status, not for a conflict. */
  refusesStatus = false;
  /** Effects fail. */
  refusesEffects = false;
  gone = false;
  readonly trace: string[] = [];
  readonly said: Said[] = [];
  readonly applied: Effect["kind"][] = [];
  writes = 0;
  last: Decision | undefined;
  #reconcileMs: number;

  constructor(script: Script = {}) {
    this.spec = { ok: true, value: script.spec ?? aSpec() };
    this.#reconcileMs = (script.reconcileSeconds ?? 5) * 1000;
    this.pods = Array.from({ length: script.pods ?? 3 }, (_, index) => new ToyPod(`pod-${index + 1}`, this.now));
    this.meta = {
      namespace: "search",
      name: "docs-to-qdrant",
      uid: script.uid ?? "migration-1",
      generation: 1,
      resourceVersion: "1",
      createdAt: startedAt,
      deleting: false,
      finalizers: [],
    };
  }

  /** The same cluster at the same moment. The script's functions stay the defaults. */
  clone(): Simulation {
    const copy = new Simulation();
    const { now, spec, meta, status, target, overlay, last, writes } = this;
    Object.assign(copy, { now, spec, meta, status, target, overlay, last, writes });
    copy.#reconcileMs = this.#reconcileMs;
    copy.pods = this.pods.map((pod) => pod.clone());
    copy.trace.push(...this.trace);
    copy.said.push(...this.said);
    copy.applied.push(...this.applied);
    return copy;
  }

  get phase(): Phase {
    return this.status.phase;
  }

  /** Phases and revisions in the order in which they came. */
  get story(): string {
    return this.trace.join("\n");
  }

  /** Reasons of the announcements that page. */
  get pages(): string[] {
    return this.said.filter(({ page }) => page).map(({ reason }) => reason);
  }

  condition(type: string): string | undefined {
    const found = this.status.conditions.find((condition) => condition.type === type);
    return found === undefined ? undefined : `${found.status}/${found.reason}`;
  }

  act(act: Act, more: Partial<ActObservation> = {}): void {
    const uid = `act-${this.acts.length + 1}`;
    const basics = { name: uid, uid, createdAt: this.now, act, actor: "ada", reason: "" };
    const unnamed = { planHash: null, expiresAt: null };
    this.acts = [...this.acts, { ...basics, ...unnamed, ...more }];
  }

  delete(): void {
    this.meta = { ...this.meta, deleting: true };
    if (this.meta.finalizers.length === 0) this.gone = true;
  }

  pod(index: number): ToyPod {
    const pod = this.pods[index];
    if (pod === undefined) throw new RangeError(`no pod ${index}`);
    return pod;
  }

  addPod(name: string): ToyPod {
    const pod = new ToyPod(name, this.now);
    this.pods = [...this.pods, pod];
    return pod;
  }

  /** `kubectl delete configmap`, finalizer and all. */
  dropOverlay(): void {
    this.overlay = null;
  }

  /** Somebody else writes the overlay's key. */
  seizeOverlay(manager: string, text = "{}"): void {
    if (this.overlay === null) throw new Error("no overlay to seize");
    this.overlay = { ...this.overlay, text, hash: "foreign", document: null, foreignManagers: [manager] };
  }

  /** Reconciles until the time is up or the object is gone. */
  run(seconds: number): this {
    const end = this.now + seconds * 1000;
    while (this.now < end && !this.gone) {
      const decision = this.reconcile();
      const wanted = decision.requeueAfterMs ?? this.#reconcileMs;
      this.now = Math.min(end, this.now + Math.max(wanted, this.#reconcileMs));
    }
    return this;
  }

  /** Reconciles until the phase is there and one reconcile longer; throws with the story after `seconds`. */
  until(phase: Phase, seconds = 200_000): this {
    return this.runWhile(() => this.phase !== phase, seconds, phase);
  }

  runWhile(isWaiting: () => boolean, seconds = 200_000, what = "the end of the wait"): this {
    const end = this.now + seconds * 1000;
    while (isWaiting() && !this.gone) {
      if (this.now > end) throw new Error(`never came to ${what}; ${this.status.message}\n${this.story}`);
      const decision = this.reconcile();
      if (!isWaiting()) break;
      this.now += Math.max(decision.requeueAfterMs ?? this.#reconcileMs, this.#reconcileMs);
    }
    return this;
  }

  /** One pass of the loop. */
  reconcile(): Decision {
    for (const pod of this.pods) pod.tick(this.#world());
    const decision = this.decideNow();
    this.last = decision;
    const isRefused = this.refusesStatus && decision.status !== this.status;
    if (!isRefused) this.#write(decision);
    if (!isRefused || decision.effectsSurviveStatusFailure) for (const effect of decision.effects) this.#apply(effect);
    return decision;
  }

  /** Judges without doing anything. */
  decideNow(): Decision {
    const migration: Migration = { meta: this.meta, spec: this.spec, status: this.status };
    return decide({ migration, observation: this.observation(), now: this.now });
  }

  observation(): Observation {
    const world = this.#world();
    const pods = this.pods.map((pod) => pod.observe(world));
    const read = <T>(part: Part, value: T) =>
      this.unreadable.has(part) ? { ok: false as const, why: "timed out" } : { ok: true as const, value };
    return {
      at: this.now,
      target: read("target", this.target),
      overlay: read("overlay", this.overlay),
      pods: read("pods", pods),
      claims: read("claims", this.claims),
      acts: read("acts", this.acts),
      ...deliveriesOf(this.status, this.now, this.sink),
      ...(this.alerts === undefined ? {} : { alerts: this.alerts(this.now) }),
      jobs:
        this.verifier === undefined
          ? { ok: false, why: "timed out" }
          : { ok: true, value: this.verifier.observe(this.now) },
      ...(this.staging === undefined ? {} : { staging: this.staging }),
      ...(this.actIdentity === undefined ? {} : { actIdentity: this.actIdentity }),
    };
  }

  /** At the fixed point: nothing to write and nothing to do, however often one reconciles. */
  isQuiet(): boolean {
    const decision = this.decideNow();
    return decision.status === this.status && decision.effects.length === 0 && decision.announcements.length === 0;
  }

  #world(): World {
    const { now, base, overlay, traffic, failing, behindSeconds } = this;
    const spans = this.spec.ok ? spansOf(this.spec.value) : spansOf(aSpec());
    const windows = [spans.fast, spans.alert, spans.errorsNow, spans.errorsBefore];
    return { now, base, destination: destinationIdentity, overlay, traffic, failing, spans: windows, behindSeconds };
  }

  #write({ status, announcements }: Decision): void {
    const before = this.status;
    for (const announcement of announcements) this.said.push({ ...announcement, at: this.now });
    if (status === before) return;
    this.writes += 1;
    checkStatus(before, status);
    this.status = migrationStatusSchema.parse(JSON.parse(JSON.stringify(status)));
    this.#note(before, status);
  }

  #note(before: MigrationStatus, { phase, revision, rollback }: MigrationStatus): void {
    if (before.phase === phase && before.revision?.epoch === revision?.epoch) return;
    const where =
      revision === undefined
        ? "nothing written"
        : `${revision.primary}+${revision.shadow}@${revision.sampleRate}${revision.released ? " released" : ""}`;
    const why = rollback !== undefined && before.rollback === undefined ? ` because ${rollback.reason}` : "";
    this.trace.push(`${phase}: ${where}${why}`);
  }

  #apply(effect: Effect): void {
    if (this.refusesEffects) return;
    this.applied.push(effect.kind);
    if (isJobEffect(effect)) return this.verifier?.apply(effect, this.now);
    switch (effect.kind) {
      case "addFinalizer":
        this.meta = { ...this.meta, finalizers: ["retriever.dev/settle"] };
        return;
      case "removeFinalizer":
        this.meta = { ...this.meta, finalizers: [] };
        this.gone = this.meta.deleting;
        return;
      case "applyOverlay":
        this.overlay = overlayAfter(this.overlay, effect);
        return;
      case "annotatePods":
        for (const pod of this.pods) if (effect.pods.includes(pod.name)) pod.annotatedEpoch = effect.epoch;
        return;
      case "removeOverlay":
        this.overlay = null;
        return;
      case "abandonOverlay":
        if (this.overlay !== null) this.overlay = { ...this.overlay, hasFinalizer: false };
        return;
    }
  }
}

const reached = new Map<string, Simulation>();

/** A simulation that has come to a phase by itself. The way there is walked once per script. */
export function simulationAt(phase: Phase, script: Script = {}): Simulation {
  const key = JSON.stringify([phase, script]);
  const known = reached.get(key) ?? new Simulation(script).until(phase);
  reached.set(key, known);
  return known.clone();
}
