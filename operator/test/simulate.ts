// The operator's decisions on the toy cluster: folds `decide` over virtual time, and remembers what was said and done.
import type { Act } from "@retriever/crds/migration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { expectedDraws } from "@retriever/kubectl/toy/draws.ts";
import type { Regime } from "@retriever/kubectl/toy/regime.ts";
import { ToyCluster } from "@retriever/kubectl/toy/toy-cluster.ts";
import type { ToyPod } from "@retriever/kubectl/toy/toy-pod.ts";
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import { decide } from "#core/decide.ts";
import type { AlertsRead } from "#core/model/alert-observation.ts";
import type { Announcement, Decision, Effect, Severity } from "#core/model/decision.ts";
import type { ActObservation, Observation } from "#core/model/observation.ts";
import { aTarget } from "#test/builders/search-app.ts";
import { destinationIdentity, sourceIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec } from "#test/builders/spec.ts";
import { goodTraffic, regimeOf, type Traffic } from "#test/steady-traffic.ts";
import { deliveriesOf, type SinkAnswer } from "#test/toy-sinks.ts";

type Script = {
  readonly spec?: MigrationSpec;
  readonly uid?: string;
  readonly pods?: number;
  readonly stores?: { readonly source: StoreIdentity; readonly destination: StoreIdentity };
  /** Shortest time between two reconciles, seconds; one asked for later comes later. */
  readonly reconcileSeconds?: number;
};

type Said = Announcement & { readonly at: number };

const startedAt = Date.parse("2026-03-01T00:00:00Z");

/** One migration, one workload. Fields are the script: change them between runs. */
export class Simulation extends ToyCluster {
  staging: Observation["staging"];
  /** What the Prometheus says; undefined: the plan asks none. */
  alerts: ((now: number) => AlertsRead) | undefined;
  sink: SinkAnswer;
  traffic: (at: number, primary: StoreName) => Traffic = () => goodTraffic;
  /** The API server refuses the status, not for a conflict. */
  refusesStatus = false;
  /** Effects fail. */
  refusesEffects = false;
  readonly trace: string[] = [];
  readonly said: Said[] = [];
  readonly applied: Effect["kind"][] = [];
  writes = 0;
  last: Decision | undefined;
  readonly #script: Script;

  constructor(script: Script = {}) {
    const { spec = aSpec(), uid = "migration-1", pods = 3 } = script;
    const { stores = { source: sourceIdentity, destination: destinationIdentity } } = script;
    super({
      meta: {
        namespace: "search",
        name: "docs-to-qdrant",
        uid,
        generation: 1,
        resourceVersion: "1",
        createdAt: startedAt,
        deleting: false,
        finalizers: [],
      },
      spec,
      startMs: startedAt,
      pods,
      podPrefix: "pod",
      target: aTarget(3),
      stores,
      draws: expectedDraws,
      followMs: () => 5000,
      verifyMs: 30_000,
    });
    this.#script = script;
  }

  /** The same cluster at the same moment. The script's functions stay the defaults. */
  clone(): Simulation {
    const copy = new Simulation(this.#script);
    copy.become(this);
    Object.assign(copy, { last: this.last, writes: this.writes });
    copy.trace.push(...this.trace);
    copy.said.push(...this.said);
    copy.applied.push(...this.applied);
    return copy;
  }

  get #pauseMs(): number {
    return (this.#script.reconcileSeconds ?? 5) * 1000;
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
    return this.#calledFor("page");
  }

  /** Reasons of the announcements that open a ticket. */
  get tickets(): string[] {
    return this.#calledFor("ticket");
  }

  #calledFor(severity: Severity): string[] {
    return this.said.filter((one) => one.severity === severity).map(({ reason }) => reason);
  }

  condition(type: string): string | undefined {
    const found = this.status.conditions.find((condition) => condition.type === type);
    return found === undefined ? undefined : `${found.status}/${found.reason}`;
  }

  override act(act: Act, more: Partial<ActObservation> = {}): void {
    super.act(act, { actor: "ada", ...more });
  }

  pod(index: number): ToyPod {
    const pod = this.pods[index];
    if (pod === undefined) throw new RangeError(`no pod ${index}`);
    return pod;
  }

  /** Reconciles until the time is up or the object is gone. */
  run(seconds: number): this {
    const end = this.now + seconds * 1000;
    while (this.now < end && !this.gone) {
      const decision = this.reconcile();
      const wanted = decision.requeueAfterMs ?? this.#pauseMs;
      this.now = Math.min(end, this.now + Math.max(wanted, this.#pauseMs));
    }
    return this;
  }

  /** Reconciles until the phase is there and once more; throws with the story after `seconds`. */
  until(phase: Phase, seconds = 200_000): this {
    return this.runWhile(() => this.phase !== phase, seconds, phase);
  }

  runWhile(isWaiting: () => boolean, seconds = 200_000, what = "the end of the wait"): this {
    const end = this.now + seconds * 1000;
    while (isWaiting() && !this.gone) {
      if (this.now > end) throw new Error(`never came to ${what}; ${this.status.message}\n${this.story}`);
      const decision = this.reconcile();
      if (!isWaiting()) break;
      this.now += Math.max(decision.requeueAfterMs ?? this.#pauseMs, this.#pauseMs);
    }
    return this;
  }

  /** One pass of the loop. */
  reconcile(): Decision {
    this.advance();
    const decision = this.decideNow();
    this.last = decision;
    const isRefused = this.refusesStatus && decision.status !== this.status;
    if (!isRefused) this.#write(decision);
    if (!isRefused || decision.effectsSurviveStatusFailure) for (const effect of decision.effects) this.#apply(effect);
    return decision;
  }

  /** Judges without doing anything. */
  decideNow(): Decision {
    return decide({ migration: this.migration, observation: this.observation(), now: this.now });
  }

  override observation(): Observation {
    const { alerts, staging } = this;
    return {
      ...super.observation(),
      ...deliveriesOf(this.status, this.now, this.sink),
      ...(alerts === undefined ? {} : { alerts: alerts(this.now) }),
      ...(staging === undefined ? {} : { staging }),
    };
  }

  /** At the fixed point: nothing to write and nothing to do, however often it reconciles. */
  isQuiet(): boolean {
    const decision = this.decideNow();
    return decision.status === this.status && decision.effects.length === 0 && decision.announcements.length === 0;
  }

  protected override regimeAt(now: number, primary: StoreName): Regime {
    return regimeOf(this.traffic(now, primary), primary, this.pods.length);
  }

  #write({ status, announcements }: Decision): void {
    const before = this.status;
    for (const announcement of announcements) this.said.push({ ...announcement, at: this.now });
    if (status === before) return;
    this.writes += 1;
    this.writeStatus(status);
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
    this.apply(effect);
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
