// A toy cluster: one migration, one workload, its pods and the overlay. It takes statuses and effects as the real
// one does, refuses what the real one refuses, and is read like the real one.
import { hash as digest } from "node:crypto";
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import { type MigrationStatus, migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { isLegalStep } from "@retriever/crds/status/phase-steps.ts";
import type { Effect } from "@retriever/operator/core/model/decision.ts";
import type { Migration, MigrationMeta } from "@retriever/operator/core/model/migration.ts";
import type { ActObservation, Observation } from "@retriever/operator/core/model/observation.ts";
import type { OverlayObservation, Read } from "@retriever/operator/core/model/workload.ts";
import { type Span, spansOf } from "@retriever/operator/core/time/evidence-spans.ts";
import { settleFinalizer } from "@retriever/sidecar/contract/names.ts";
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import type { RehearsedMigration } from "#rehearse/manifest.ts";
import { type Regime, regimeOf, type World, worldAt } from "#rehearse/world.ts";
import type { Scenario, ScenarioEvent } from "#scenario/scenario.ts";
import { changePods } from "./change-pods.ts";
import type { Random } from "./draws.ts";
import { type Neighbourhood, neighbourhoodOf } from "./neighbourhood.ts";
import { type OverlayFile, type Surroundings, ToyPod } from "./toy-pod.ts";
import { isJobEffect, ToyVerifier } from "./toy-verifier.ts";

export type Mark = { readonly nowMs: number; readonly drawn: number };

type Part = NonNullable<ScenarioEvent["unreadable"]>[number] | "jobs";

/** Starts at the scenario's start, before anything was written. Instants in epoch ms. */
export class ToyCluster {
  readonly #rehearsed: RehearsedMigration;
  readonly #scenario: Scenario;
  readonly #random: Random;
  readonly #neighbours: Neighbourhood;
  readonly #spans: readonly Span[];
  readonly #followMs: number;
  #nowMs: number;
  #hour: number;
  #running: readonly ScenarioEvent[] = [];
  #world: World;
  #regime: Regime;
  #downSince: Record<StoreName, number | undefined> = { source: undefined, destination: undefined };
  #base: StoreIdentity;
  #overlay: OverlayObservation | null = null;
  #acts: readonly ActObservation[] = [];
  #meta: MigrationMeta;
  #status: MigrationStatus = migrationStatusSchema.parse({});
  #isGone = false;
  #pods: readonly ToyPod[] = [];
  readonly #verifier: ToyVerifier;
  #named = 0;

  constructor(rehearsed: RehearsedMigration, scenario: Scenario, random: Random) {
    this.#rehearsed = rehearsed;
    this.#scenario = scenario;
    this.#random = random;
    this.#neighbours = neighbourhoodOf(rehearsed);
    this.#spans = Object.values(spansOf(rehearsed.spec));
    this.#followMs = durationSeconds(scenario.pods.followAfter) * 1000;
    this.#nowMs = Date.parse(scenario.startsAt);
    this.#hour = hourOf(this.#nowMs);
    this.#world = worldAt(scenario, this.#running, this.#hour);
    this.#regime = regimeOf(this.#world, rehearsed.spec.thresholds.latencyDelta.limitMs);
    this.#base = this.#neighbours.source;
    this.#verifier = new ToyVerifier(this.#neighbours, durationSeconds(scenario.parity.takes) * 1000);
    this.#meta = { ...rehearsed.meta, createdAt: this.#nowMs };
    this.#pods = Array.from({ length: scenario.pods.count }, () => this.#addPod());
    this.#reconsider();
  }

  get world(): World {
    return this.#world;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  get status(): MigrationStatus {
    return this.#status;
  }

  get migration(): Migration {
    return { meta: this.#meta, spec: { ok: true, value: this.#rehearsed.spec }, status: this.#status };
  }

  /** Every pod has taken over what was written. */
  get isSettled(): boolean {
    return !this.#pods.some((pod) => pod.isAboutToChange);
  }

  /** Lets the time pass until an instant. */
  advance(untilMs: number): void {
    const last = Math.floor(untilMs / 1000);
    for (let second = Math.floor(this.#nowMs / 1000) + 1; second <= last; second += 1) this.#passSecond(second);
    this.#nowMs = untilMs;
    const now = this.#around();
    for (const pod of this.#pods) pod.settle(now);
  }

  mark(): Mark {
    return { nowMs: this.#nowMs, drawn: this.#random.save() };
  }

  /** Back to a mark of the last two minutes since which only time has passed; the same traffic comes again. */
  rewind(mark: Mark): void {
    this.#nowMs = mark.nowMs;
    this.#random.restore(mark.drawn);
    for (const pod of this.#pods) pod.rewind(Math.floor(mark.nowMs / 1000));
    this.#hour = hourOf(mark.nowMs);
    this.#reconsider();
  }

  begin(event: ScenarioEvent): void {
    this.#running = [...this.#running, event];
    if (event.pods !== undefined) this.#pods = changePods(this.#pods, event.pods, () => this.#addPod(), this.#around());
    if (event.base !== undefined) this.#base = this.#neighbours.bases[event.base];
    if (event.act !== undefined) this.#act(event, event.act);
    if (event.overlay !== undefined && this.#overlay !== null) this.#setOverlay(tampered(this.#overlay, event.overlay));
    if (event.migration !== undefined) {
      this.#meta = { ...this.#meta, deleting: true };
      this.#isGone = this.#meta.finalizers.length === 0;
    }
    this.#reconsider();
  }

  end(event: ScenarioEvent): void {
    this.#running = this.#running.filter((one) => one !== event);
    if (event.pods !== undefined && "silent" in event.pods) for (const pod of this.#pods) pod.silent = false;
    if (event.pods !== undefined && "stuck" in event.pods) for (const pod of this.#pods) pod.stuck = false;
    this.#reconsider();
  }

  observe(): Observation {
    const now = this.#around();
    return {
      at: this.#nowMs,
      target: this.#read("target", { ...this.#neighbours.target, replicas: this.#pods.length }),
      overlay: this.#read("overlay", this.#overlay),
      pods: this.#read(
        "pods",
        this.#pods.map((pod) => pod.observe(now)),
      ),
      claims: { ok: true, value: [] },
      acts: this.#read("acts", this.#acts),
      actIdentity: { ok: true, value: "proved" },
      jobs: this.#read("jobs", this.#verifier.observe(this.#nowMs)),
    };
  }

  /** Throws RangeError for a step that the API server refuses. */
  writeStatus(next: MigrationStatus): void {
    const before = this.#status;
    if (!isLegalStep(before.phase, next.phase) || next.epoch < before.epoch) {
      throw new RangeError(`refused: a status from ${before.phase} ${before.epoch} to ${next.phase} ${next.epoch}`);
    }
    // Through JSON, as over the wire: nothing survives but what the resource holds. Counting up brings no new fields.
    this.#status = isSameStep(before, next) ? next : migrationStatusSchema.parse(JSON.parse(JSON.stringify(next)));
  }

  apply(effect: Effect): void {
    if (isJobEffect(effect)) return this.#verifier.apply(effect, this.#nowMs);
    switch (effect.kind) {
      case "addFinalizer":
        this.#meta = { ...this.#meta, finalizers: [settleFinalizer] };
        return;
      case "removeFinalizer":
        this.#meta = { ...this.#meta, finalizers: [] };
        this.#isGone = this.#meta.deleting;
        return;
      case "applyOverlay": {
        const { text, document, intent } = effect;
        const hash = digest("sha256", text);
        this.#setOverlay({ text, hash, document, hasFinalizer: true, deleting: false, intent, foreignManagers: [] });
        return;
      }
      case "annotatePods":
        for (const pod of this.#pods) if (effect.pods.includes(pod.name)) pod.annotatedEpoch = effect.epoch;
        return;
      case "removeOverlay":
        this.#setOverlay(null);
        return;
      case "abandonOverlay":
        if (this.#overlay !== null) this.#overlay = { ...this.#overlay, hasFinalizer: false };
    }
  }

  #around(): Surroundings {
    return {
      nowMs: this.#nowMs,
      base: this.#base,
      source: this.#neighbours.source,
      destination: this.#neighbours.destination,
      health: {
        source: { behaviour: this.#world.source, downSinceMs: this.#downSince.source },
        destination: { behaviour: this.#world.destination, downSinceMs: this.#downSince.destination },
      },
      spans: this.#spans,
    };
  }

  /** The world changes with its events and by the hour. */
  #reconsider(): void {
    this.#world = worldAt(this.#scenario, this.#running, this.#hour);
    this.#regime = regimeOf(this.#world, this.#rehearsed.spec.thresholds.latencyDelta.limitMs);
    const { noTemplate, takes, ...parity } = this.#world.parity;
    Object.assign(this.#verifier, { parity, hasTemplate: !noTemplate, takesMs: durationSeconds(takes) * 1000 });
    for (const store of ["source", "destination"] as const) {
      const { down, refusesCredential, missing } = this.#world[store];
      const fails = down || refusesCredential || missing;
      this.#downSince[store] = fails ? (this.#downSince[store] ?? this.#nowMs) : undefined;
    }
  }

  #passSecond(second: number): void {
    this.#nowMs = second * 1000;
    const hour = hourOf(this.#nowMs);
    if (hour !== this.#hour) {
      this.#hour = hour;
      this.#reconsider();
    }
    const now = this.#around();
    const traffic = { regime: this.#regime, pods: this.#pods.length };
    for (const pod of this.#pods) {
      pod.settle(now);
      pod.serve(second, traffic, this.#random);
    }
  }

  #addPod(): ToyPod {
    this.#named += 1;
    return new ToyPod(`${this.#rehearsed.spec.target.name}-${this.#named}`, fileOf(this.#overlay), this.#around());
  }

  #setOverlay(next: OverlayObservation | null): void {
    this.#overlay = next;
    // Kubelets don't look at their volumes all at once.
    const delayMs = (): number => this.#followMs * (0.6 + 0.4 * this.#random.next());
    for (const pod of this.#pods) pod.offer(fileOf(next), this.#nowMs + delayMs());
  }

  #act(event: ScenarioEvent, act: ActObservation["act"]): void {
    const name = `act-${this.#acts.length + 1}`;
    const { actor = "rehearsal", reason = "", role = null, check = null } = event;
    const planHash = act === "Approve" ? this.#status.planHash : null;
    const said = { act, actor, reason, role, check, planHash, expiresAt: null };
    const taken = { name, uid: name, createdAt: this.#nowMs, ...said };
    this.#acts = [...this.#acts, taken];
  }

  #read<T>(part: Part, value: T): Read<T> {
    return this.#running.some(({ unreadable }) => unreadable?.some((one) => one === part))
      ? { ok: false, why: "the API server does not answer" }
      : { ok: true, value };
  }
}

function isSameStep(before: MigrationStatus, next: MigrationStatus): boolean {
  return before.phase === next.phase && before.epoch === next.epoch && before.harm === undefined;
}

function hourOf(ms: number): number {
  return new Date(ms).getUTCHours();
}

function fileOf(there: OverlayObservation | null): OverlayFile | null {
  return there === null || there.document === null ? null : { hash: there.hash, document: there.document };
}

function tampered(overlay: OverlayObservation, how: "Deleted" | "Seized"): OverlayObservation {
  // Our finalizer holds a deleted one back; a seized one reads as nothing we wrote.
  if (how === "Deleted") return { ...overlay, deleting: true };
  return { ...overlay, text: "{}", hash: "seized", document: null, foreignManagers: ["kubectl-edit"] };
}
