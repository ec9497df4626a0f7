// The simulated cluster: one migration, one workload, its pods and the overlay. It takes statuses and effects as the
// real one does, refuses what the real one refuses, and is read like the real one. Rehearsals and the operator's tests
// play on it; what happens in it and what its traffic is like, they say.
import type { Act } from "@retriever/crds/migration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { type MigrationStatus, migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import type { Effect } from "@retriever/operator/core/model/decision.ts";
import type { Migration, MigrationMeta } from "@retriever/operator/core/model/migration.ts";
import type { ActObservation, ClaimObservation, Observation } from "@retriever/operator/core/model/observation.ts";
import type { OverlayObservation, Read, TargetObservation } from "@retriever/operator/core/model/workload.ts";
import { binsFrom } from "@retriever/operator/core/pods/processes.ts";
import { spansOf } from "@retriever/operator/core/time/evidence-spans.ts";
import { settleFinalizer } from "@retriever/sidecar/contract/names.ts";
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import { type DestinationBehaviour, type ScenarioEvent, scenarioSchema } from "#scenario/scenario.ts";
import { checkStatus, overlayAfter } from "./api-rules.ts";
import type { Draws } from "./draws.ts";
import { isFailing, type Regime } from "./regime.ts";
import type { Traffic } from "./serve.ts";
import { type PodTime, type Surroundings, ToyPod } from "./toy-pod.ts";
import { isJobEffect, ToyVerifier } from "./toy-verifier.ts";

type Part = NonNullable<ScenarioEvent["unreadable"]>[number] | "claims" | "jobs";

type ToySetup = {
  readonly meta: MigrationMeta;
  readonly spec: MigrationSpec;
  /** Epoch ms. */
  readonly startMs: number;
  readonly pods: number;
  /** What pods are called before their number. */
  readonly podPrefix: string;
  readonly target: TargetObservation;
  readonly stores: Readonly<Record<StoreName, StoreIdentity>>;
  readonly draws: Draws;
  /** How long a pod takes to see a new overlay, in ms. */
  readonly followMs: () => number;
  /** How long a verification takes. */
  readonly verifyMs: number;
};

type Store = { readonly behaviour: DestinationBehaviour; readonly downSinceMs: number | undefined };

/** An instant to come back to. */
export type Mark = { readonly now: number; readonly elapsedMs: number };

const healthy: Store = { behaviour: scenarioSchema.shape.destination.parse(undefined), downSinceMs: undefined };

/** Begins before anything was written. Public fields are what a script may change between two reconciles. */
export abstract class ToyCluster {
  /** Wall clock, epoch ms; a script may put it forward and back. */
  now: number;
  meta: MigrationMeta;
  spec: Migration["spec"];
  status: MigrationStatus = migrationStatusSchema.parse({});
  gone = false;
  pods: readonly ToyPod[] = [];
  target: TargetObservation;
  acts: readonly ActObservation[] = [];
  claims: readonly ClaimObservation[] = [];
  /** Undefined: not read. */
  actIdentity: Observation["actIdentity"] = { ok: true, value: "proved" };
  /** What the base names as its primary. */
  base: StoreIdentity;
  readonly verifier: ToyVerifier;
  readonly unreadable = new Set<Part>();
  readonly #setup: ToySetup;
  #overlay: OverlayObservation | null = null;
  #stores: Readonly<Record<StoreName, Store>> = { source: healthy, destination: healthy };
  /** The pods' clock, and the wall clock up to which it has run: it stands still while the other is put back. */
  #elapsedMs = 0;
  #advancedTo: number;
  #written = 0;
  #named = 0;
  #acted = 0;

  constructor(setup: ToySetup) {
    this.#setup = setup;
    this.now = setup.startMs;
    this.#advancedTo = setup.startMs;
    this.meta = { ...setup.meta, createdAt: setup.startMs };
    this.spec = { ok: true, value: setup.spec };
    this.target = setup.target;
    this.base = setup.stores.source;
    this.verifier = new ToyVerifier(setup.stores, setup.verifyMs);
    for (let index = 0; index < setup.pods; index += 1) this.addPod();
  }

  /** What a second of traffic at a pod with this primary comes from. */
  protected abstract regimeAt(nowMs: number, primary: StoreName): Regime;

  get migration(): Migration {
    return { meta: this.meta, spec: this.spec, status: this.status };
  }

  get overlay(): OverlayObservation | null {
    return this.#overlay;
  }

  set overlay(next: OverlayObservation | null) {
    this.#written += 1;
    this.#overlay = next && { ...next, version: { uid: "overlay", resourceVersion: String(this.#written) } };
    for (const pod of this.pods) this.#offer(pod);
  }

  /** Every pod has read what was written. */
  get isSettled(): boolean {
    return !this.pods.some((pod) => pod.isAboutToChange);
  }

  /** Lets the time pass until an instant of the wall clock. */
  advance(untilMs = this.now): void {
    const endMs = this.#elapsedMs + Math.max(0, untilMs - this.#advancedTo);
    for (let second = Math.floor(this.#elapsedMs / 1000) + 1; second * 1000 <= endMs; second += 1) {
      const nowMs = untilMs - endMs + second * 1000;
      this.#serve(second, nowMs);
      this.#settle({ nowMs, elapsedMs: second * 1000 });
    }
    this.now = untilMs;
    this.#advancedTo = untilMs;
    this.#elapsedMs = endMs;
    this.#settle({ nowMs: untilMs, elapsedMs: endMs });
  }

  mark(): Mark {
    return { now: this.now, elapsedMs: this.#elapsedMs };
  }

  /** Back to a mark of the last two minutes since which only time has passed. */
  rewind({ now, elapsedMs }: Mark): void {
    this.now = now;
    this.#advancedTo = now;
    this.#elapsedMs = elapsedMs;
    for (const pod of this.pods) pod.rewind(Math.floor(elapsedMs / 1000));
  }

  /** A pod with a name of its own, or the next number. It starts with the overlay that is there. */
  addPod(name?: string): ToyPod {
    this.#named += 1;
    const pod = new ToyPod(name ?? `${this.#setup.podPrefix}-${this.#named}`);
    pod.offer(this.#file(), Number.NEGATIVE_INFINITY, 0);
    this.restart(pod);
    this.pods = [...this.pods, pod];
    return pod;
  }

  /** The pod's process begins anew, with the files as they are. */
  restart(pod: ToyPod): void {
    pod.start(this.#isBaseSource, { nowMs: this.now, elapsedMs: this.#elapsedMs });
  }

  /** A store changes how it behaves. */
  behave(
    store: StoreName,
    change: { readonly [Field in keyof DestinationBehaviour]?: DestinationBehaviour[Field] | undefined },
  ): void {
    const { behaviour, downSinceMs } = this.#stores[store];
    const next = { ...behaviour, ...change } as DestinationBehaviour;
    const since = isFailing(next) ? (downSinceMs ?? this.#elapsedMs) : undefined;
    this.#stores = { ...this.#stores, [store]: { behaviour: next, downSinceMs: since } };
  }

  /** A person acts on the migration. */
  act(act: Act, more: Partial<ActObservation> & Pick<ActObservation, "actor">): void {
    this.#acted += 1;
    const name = `act-${this.#acted}`;
    const basics = { name, uid: name, createdAt: this.now, act, reason: "", planHash: null, expiresAt: null };
    this.acts = [...this.acts, { ...basics, ...more }];
  }

  /** `kubectl delete` of the migration. */
  delete(): void {
    this.meta = { ...this.meta, deleting: true };
    if (this.meta.finalizers.length === 0) this.gone = true;
  }

  /** `kubectl delete configmap`, finalizer and all. */
  dropOverlay(): void {
    this.overlay = null;
  }

  /** Somebody else writes the overlay's key. */
  seizeOverlay(manager: string, text = "{}"): void {
    if (this.overlay === null) throw new Error("no overlay to seize");
    this.overlay = { ...this.overlay, text, hash: "seized", document: null, foreignManagers: [manager] };
  }

  observation(): Observation {
    const around = this.surroundings();
    const pods = this.pods.map((pod) => pod.observe(around));
    return {
      at: this.now,
      target: this.#read("target", this.target),
      overlay: this.#read("overlay", this.overlay),
      pods: this.#read("pods", pods),
      claims: this.#read("claims", this.claims),
      acts: this.#read("acts", this.acts),
      ...(this.actIdentity === undefined ? {} : { actIdentity: this.actIdentity }),
      jobs: this.#read("jobs", this.verifier.observe(this.mark())),
    };
  }

  /** What pods answer with: windows of the plan's spans and the bins that the status lacks, or what is asked for. */
  surroundings(asked: Partial<Pick<Surroundings, "spans" | "binsFrom">> = {}): Surroundings {
    return {
      nowMs: this.now,
      elapsedMs: this.#elapsedMs,
      base: this.base,
      ...this.#setup.stores,
      health: this.#stores,
      spans: Object.values(spansOf(this.#plan)),
      binsFrom: binsFrom(this.status.evidence),
      ...asked,
    };
  }

  /** Throws on a status that the API server refuses. */
  writeStatus(next: MigrationStatus): void {
    checkStatus(this.status, next);
    this.status = this.stored(next);
  }

  /** Through JSON, as over the wire: only what the resource has survives. */
  protected stored(next: MigrationStatus): MigrationStatus {
    return migrationStatusSchema.parse(JSON.parse(JSON.stringify(next)));
  }

  /** Throws on an overlay that the API server refuses. */
  apply(effect: Effect): void {
    if (isJobEffect(effect)) return this.verifier.apply(effect, { nowMs: this.now, ...this.mark() });
    switch (effect.kind) {
      case "addFinalizer":
        this.meta = { ...this.meta, finalizers: [settleFinalizer] };
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
      case "pruneActs":
        this.acts = this.acts.filter(({ uid }) => !effect.acts.some((act) => act.uid === uid && !act.stays));
        return;
      case "abandonOverlay":
        if (this.overlay !== null) this.overlay = { ...this.overlay, hasFinalizer: false };
    }
  }

  /** Becomes what another one is at this moment; its script and its Jobs stay its own. */
  protected become(other: ToyCluster): void {
    const { now, meta, spec, status, gone, target, acts, claims, base } = other;
    Object.assign(this, { now, meta, spec, status, gone, target, acts, claims, base });
    this.pods = other.pods.map((pod) => pod.clone());
    [this.#overlay, this.#written] = [other.#overlay, other.#written];
    this.#stores = other.#stores;
    [this.#elapsedMs, this.#advancedTo] = [other.#elapsedMs, other.#advancedTo];
    [this.#named, this.#acted] = [other.#named, other.#acted];
  }

  get #plan(): MigrationSpec {
    return this.spec.ok ? this.spec.value : this.#setup.spec;
  }

  get #isBaseSource(): boolean {
    return this.base.digest === this.#setup.stores.source.digest;
  }

  #settle(time: PodTime): void {
    for (const pod of this.pods) pod.settle(this.#isBaseSource, time);
  }

  #serve(second: number, nowMs: number): void {
    const all = this.pods.reduce((sum, pod) => sum + pod.weight, 0);
    for (const pod of this.pods) {
      const shared = { draws: this.#setup.draws, pods: all / pod.weight };
      pod.serve(second, nowMs, (primary): Traffic => ({ ...shared, regime: this.regimeAt(nowMs, primary) }));
    }
  }

  #file() {
    const overlay = this.#overlay;
    return overlay && (overlay.document === null ? "invalid" : { hash: overlay.hash, document: overlay.document });
  }

  #offer(pod: ToyPod): void {
    pod.offer(this.#file(), this.#elapsedMs, this.#setup.followMs());
  }

  #read<T>(part: Part, value: T): Read<T> {
    return this.unreadable.has(part) ? { ok: false, why: "timed out" } : { ok: true, value };
  }
}
