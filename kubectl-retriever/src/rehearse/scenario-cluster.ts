// The simulated cluster of a rehearsal: its stores, traffic, pods and people do what the scenario says.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import { type Act, actsInRole } from "@retriever/crds/migration.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Effect } from "@retriever/operator/core/model/decision.ts";
import { identityOf, type StoreIdentity } from "@retriever/stores/config/identity.ts";
import { locateOverlayAdapter } from "@retriever/stores/kinds.ts";
import type { Scenario, ScenarioEvent } from "#scenario/scenario.ts";
import { type TrafficProfile, trafficProfileOf } from "#scenario/traffic-profile.ts";
import { makeDraws, makeRandom, type Random } from "#toy/draws.ts";
import { namespaceName, zipfShares } from "#toy/namespaces.ts";
import { type Regime, regimeOf } from "#toy/regime.ts";
import { type Mark, ToyCluster } from "#toy/toy-cluster.ts";
import { distortionOf } from "#toy/toy-lies.ts";
import type { ToyPod } from "#toy/toy-pod.ts";
import type { RehearsedMigration } from "./manifest.ts";
import { busySinceAfter, makeMoments, neverBusier, worldAtMoment } from "./moment.ts";
import { type World, worldAt } from "./world.ts";

type Bases = Readonly<Record<NonNullable<ScenarioEvent["base"]>, StoreIdentity>>;
type Drawn = Mark & { readonly drawn: readonly number[] };

/** Starts at the scenario's start, before anything was written. Deterministic in its three inputs. */
export class ScenarioCluster extends ToyCluster {
  readonly #scenario: Scenario;
  readonly #random: Random;
  readonly #bases: Bases;
  readonly #latencyLimitMs: number;
  #running: readonly ScenarioEvent[] = [];
  readonly #traffic: TrafficProfile;
  #trafficStep: number;
  #world: World;
  readonly #momentOf: ReturnType<typeof makeMoments>;
  readonly #regimes = new Map<string, Regime>();
  #busy = neverBusier;

  constructor({ meta, spec }: RehearsedMigration, scenario: Scenario, seed: number) {
    const random = makeRandom(seed);
    const bases = basesOf(meta.namespace, spec);
    const followMs = durationSeconds(scenario.pods.followAfter) * 1000;
    super({
      meta,
      spec,
      startMs: Date.parse(scenario.startsAt),
      pods: scenario.pods.count,
      podPrefix: spec.target.name,
      target: {
        found: true,
        namespaceTerminating: false,
        replicas: scenario.pods.count,
        hasSidecar: true,
        mountsOverlay: true,
        baseConfigMaps: [`${spec.target.name}-retriever`],
        baseFaults: [],
      },
      stores: { source: bases.Source, destination: bases.Destination },
      draws: makeDraws(random),
      // Kubelets don't read their volumes all at once.
      followMs: () => followMs * (0.6 + 0.4 * random.next()),
      verifyMs: durationSeconds(scenario.parity.takes) * 1000,
    });
    this.#scenario = scenario;
    this.#random = random;
    this.#bases = bases;
    this.#latencyLimitMs = spec.thresholds.latencyDelta.limitMs;
    this.#traffic = trafficProfileOf(scenario);
    this.#trafficStep = this.#traffic.stepAt(this.now);
    this.#world = worldAt(scenario, [], this.#traffic.rateAt(this.#trafficStep));
    this.#momentOf = makeMoments(this.now, seed);
    this.#reconsider();
  }

  get requestsPerSecond(): number {
    return this.#world.requestsPerSecond;
  }

  begin(event: ScenarioEvent): void {
    this.#running = [...this.#running, event];
    if (event.pods !== undefined) this.#changePods(event.pods);
    if (event.base !== undefined) this.base = this.#bases[event.base];
    if (event.act !== undefined) this.#act(event, event.act);
    if (event.migration !== undefined) this.delete();
    if (event.overlay !== undefined && this.overlay !== null) {
      // Our finalizer holds a deleted one back.
      if (event.overlay === "Deleted") this.overlay = { ...this.overlay, deleting: true };
      else this.seizeOverlay("kubectl-edit");
    }
    this.#reconsider();
  }

  end(event: ScenarioEvent): void {
    this.#running = this.#running.filter((one) => one !== event);
    if (event.pods !== undefined) this.#heal(event.pods);
    this.#reconsider();
  }

  override mark(): Drawn {
    return { ...super.mark(), drawn: this.#random.save() };
  }

  /** The same traffic comes again. */
  override rewind(mark: Drawn): void {
    super.rewind(mark);
    this.#random.restore(mark.drawn);
  }

  /** Counting up brings no new fields: most statuses of a rehearsal need no parsing. */
  protected override stored(next: MigrationStatus): MigrationStatus {
    const { phase, epoch, harm } = this.status;
    return phase === next.phase && epoch === next.epoch && harm === undefined ? next : super.stored(next);
  }

  /** The traffic changes from step to step of its profile. */
  protected override regimeAt(nowMs: number): Regime {
    const step = this.#traffic.stepAt(nowMs);
    if (step !== this.#trafficStep) {
      this.#trafficStep = step;
      this.#reconsider();
    }
    const moment = this.#momentOf(this.#world, this.#busy, nowMs);
    const key = `${moment.source} ${moment.destination} ${moment.isBurst} ${moment.slower}`;
    const known = this.#regimes.get(key);
    if (known !== undefined) return known;
    const regime = regimeOf(behavioursOf(worldAtMoment(this.#world, moment)), this.#latencyLimitMs);
    this.#regimes.set(key, regime);
    return regime;
  }

  override apply(effect: Effect): void {
    const before = this.overlay?.document ?? null;
    super.apply(effect);
    this.#busy = busySinceAfter(this.#busy, { before, after: this.overlay?.document ?? null }, this.now);
  }

  #reconsider(): void {
    this.#world = worldAt(this.#scenario, this.#running, this.#traffic.rateAt(this.#trafficStep));
    this.#regimes.clear();
    const { noTemplate, takes, ...parity } = this.#world.parity;
    Object.assign(this.verifier, { parity, hasTemplate: !noTemplate, takesMs: durationSeconds(takes) * 1000 });
    this.behave("source", this.#world.source);
    this.behave("destination", this.#world.destination);
    this.unreadable.clear();
    for (const { unreadable = [] } of this.#running) for (const part of unreadable) this.unreadable.add(part);
  }

  /** What counts pods counts from the first. */
  #changePods(how: NonNullable<ScenarioEvent["pods"]>): void {
    const { pods } = this;
    if ("scale" in how) this.pods = pods.slice(0, how.scale);
    if ("replace" in how) this.pods = pods.slice(how.replace);
    const wanted = "scale" in how ? how.scale : pods.length;
    while (this.pods.length < wanted) this.addPod();
    if (this.target.found) this.target = { ...this.target, replicas: wanted };
    if ("restart" in how) for (const pod of pods.slice(0, how.restart)) this.restart(pod);
    this.#trouble(how, pods);
  }

  #trouble(how: NonNullable<ScenarioEvent["pods"]>, pods: readonly ToyPod[]): void {
    if ("silent" in how) for (const pod of pods.slice(0, how.silent)) pod.silent = true;
    if ("stuck" in how) for (const pod of pods.slice(0, how.stuck)) pod.stuck = true;
    if ("lying" in how) for (const pod of pods.slice(0, how.lying)) pod.distortion = distortionOf(how.claim);
    if ("sticky" in how) for (const pod of pods.slice(how.sticky)) pod.weight = 0;
  }

  #heal(how: NonNullable<ScenarioEvent["pods"]>): void {
    for (const pod of this.pods) {
      if ("silent" in how) pod.silent = false;
      if ("stuck" in how) pod.stuck = false;
      if ("lying" in how) pod.distortion = undefined;
      if ("sticky" in how) pod.weight = 1;
    }
  }

  #act({ actor = "rehearsal", reason = "", role, check, waitForGates = false }: ScenarioEvent, act: Act): void {
    const planHash = actsInRole.includes(act) ? this.status.planHash : null;
    this.act(act, { actor, reason, role: role ?? null, check: check ?? null, planHash, waitForGates });
  }
}

/** What a pod's traffic is drawn from. */
function behavioursOf({ namespaces, wrong, ...world }: World): Parameters<typeof regimeOf>[0] {
  if (namespaces === undefined) return { ...world, namespaces };
  const worse = wrong.map(({ rank, ...shares }) => [namespaceName(rank), shares] as const);
  return { ...world, namespaces: { shares: zipfShares(namespaces), wrong: Object.fromEntries(worse) } };
}

/** What the base may name. A manifest doesn't say where the application comes from: from the other kind of store. */
function basesOf(namespace: string, { destination }: RehearsedMigration["spec"]): Bases {
  const other = (host: string): StoreIdentity => {
    const at = `${host}.${namespace}.svc`;
    return destination.kind === "qdrant"
      ? identityOf({ kind: "pgvector", host: at, port: 5432, place: "app/public.vector_chunks" })
      : identityOf({ kind: "qdrant", host: at, port: 6333, place: "chunks" });
  };
  const located = identityOf(locateOverlayAdapter(destination));
  return { Source: other("source"), Destination: located, Another: other("another") };
}
