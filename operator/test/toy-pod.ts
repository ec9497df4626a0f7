// A toy sidecar in a toy pod: takes the overlay over after a delay and counts evidence as its traffic dictates.
import { addCounters, type Counters, latencyEdgesMs, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import type { Overlay, StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { SidecarStatus, StoreStatus } from "@retriever/sidecar/contract/status.ts";
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import type { PodObservation } from "#core/model/workload.ts";
import type { Span } from "#core/time/evidence-spans.ts";
import { aSidecarStatus, aStore, sourceIdentity } from "#test/builders/sidecar-status.ts";

/** Per second and pod; shares 0..1. The second group is of samples, the first of all requests. */
export type Traffic = {
  readonly rps: number;
  readonly errorShare: number;
  readonly emptyShare: number;
  readonly latencyMs: number;
  readonly scoreWorse: number;
  readonly latencyWorse: number;
  readonly mismatch: number;
  readonly shadowErrors: number;
};

export const goodTraffic: Traffic = {
  rps: 20,
  errorShare: 0,
  emptyShare: 0,
  latencyMs: 20,
  scoreWorse: 0,
  latencyWorse: 0,
  mismatch: 0.02,
  shadowErrors: 0,
};

export type World = {
  readonly now: number;
  readonly base: StoreIdentity;
  readonly destination: StoreIdentity;
  readonly overlay: { readonly text: string; readonly hash: string; readonly document: Overlay | null } | null;
  readonly traffic: (at: number, primary: StoreName) => Traffic;
  readonly failing: ReadonlySet<StoreName>;
  readonly spans: readonly Span[];
  /** `updated_at` of the newest chunk, seconds behind the other store. */
  readonly behindSeconds: Readonly<Record<StoreName, number>>;
};

type InForce = { readonly hash: string; readonly document: Overlay };
type Slice = { readonly until: number; readonly counters: Counters };

export class ToyPod {
  readonly uid: string;
  readonly name: string;
  ackDelayMs = 3000;
  terminating = false;
  sidecarRunning = true;
  silent = false;
  nodeLost = false;
  annotatedEpoch = 0;
  #starts = 1;
  #inForce: InForce | null = null;
  #pendingSince: { readonly text: string | null; readonly at: number } | null = null;
  #overlay: SidecarStatus["config"]["overlay"] = "absent";
  #slices: Slice[] = [];
  #totals = noCounters();
  #activatedAt = 0;
  #lastTick: number;

  constructor(name: string, now: number) {
    this.name = name;
    this.uid = `uid-${name}`;
    this.#lastTick = now;
  }

  clone(): ToyPod {
    const copy = new ToyPod(this.name, this.#lastTick);
    copy.ackDelayMs = this.ackDelayMs;
    copy.annotatedEpoch = this.annotatedEpoch;
    copy.#starts = this.#starts;
    copy.#inForce = this.#inForce;
    copy.#pendingSince = this.#pendingSince;
    copy.#overlay = this.#overlay;
    copy.#slices = [...this.#slices];
    copy.#totals = this.#totals;
    copy.#activatedAt = this.#activatedAt;
    return copy;
  }

  /** The process begins anew: counters are gone, the configuration is read again at once. */
  restart(): void {
    this.#starts += 1;
    this.#inForce = null;
    this.#overlay = "absent";
    this.#pendingSince = null;
    this.#forget(this.#lastTick);
  }

  /** Serves until now, then looks at its files. */
  tick(world: World): void {
    this.#serve(world);
    this.#readVolume(world);
    this.#lastTick = world.now;
  }

  #serve({ now, traffic }: World): void {
    const seconds = Math.max(0, now - this.#lastTick) / 1000;
    if (seconds === 0 || !this.sidecarRunning) return;
    const primary = this.#inForce?.document.primary ?? "source";
    const shadow = this.#inForce?.document.shadow ?? "none";
    const rate = shadow === "none" ? 0 : (this.#inForce?.document.sampleRate ?? 0);
    const counters = countTraffic(traffic(now, primary), seconds, rate, shadow);
    this.#totals = addCounters(this.#totals, counters);
    this.#slices.push({ until: now, counters });
    this.#slices = this.#slices.filter((slice) => slice.until > now - 900_000);
  }

  #readVolume({ now, overlay }: World): void {
    const text = overlay?.text ?? null;
    // A clock put back doesn't stretch a kubelet's delay.
    if (this.#pendingSince?.text !== text || this.#pendingSince.at > now) this.#pendingSince = { text, at: now };
    if (now - this.#pendingSince.at < this.ackDelayMs) return;
    if (overlay === null) {
      if (this.#inForce === null) return;
      if (!this.#inForce.document.released) {
        this.#overlay = "vanished";
        return;
      }
      this.#inForce = null;
      this.#overlay = "absent";
      this.#forget(now);
    } else if (overlay.document !== null) {
      if (this.#inForce?.hash !== overlay.hash) this.#forget(now);
      this.#inForce = { hash: overlay.hash, document: overlay.document };
      this.#overlay = "in-force";
    }
  }

  #forget(now: number): void {
    this.#slices = [];
    this.#totals = noCounters();
    this.#activatedAt = now;
  }

  observe(world: World): PodObservation {
    return {
      name: this.name,
      uid: this.uid,
      terminating: this.terminating,
      ready: true,
      sidecarRunning: this.sidecarRunning,
      nodeLost: this.nodeLost,
      annotatedEpoch: this.annotatedEpoch,
      status:
        this.silent || !this.sidecarRunning
          ? { ok: false, why: "deadline exceeded" }
          : { ok: true, value: this.#status(world) },
    };
  }

  #status(world: World): SidecarStatus {
    const document = this.#inForce?.document;
    const primary = document?.primary ?? "source";
    const pinned = document === undefined ? world.base : sourceIdentity;
    return aSidecarStatus({
      podUid: this.uid,
      podName: this.name,
      startId: `${this.uid}-start-${this.#starts}`,
      base: world.base,
      config: {
        epoch: document?.revision.epoch ?? 0,
        hash: this.#inForce?.hash ?? null,
        migrationUid: document?.revision.migrationUid ?? null,
        primary,
        primaryIdentity: primary === "destination" ? world.destination : pinned,
        shadow: document?.shadow ?? "none",
        sampleRate: document?.sampleRate ?? 0,
        released: document?.released ?? false,
        overlay: this.#overlay,
        sourceChanged: document !== undefined && world.base.digest !== document.source.digest,
      },
      stores: [this.#store("source", world), ...(document === undefined ? [] : [this.#store("destination", world)])],
      evidence: {
        epoch: document?.revision.epoch ?? 0,
        sinceSeconds: (world.now - this.#activatedAt) / 1000,
        counters: this.#totals,
        windows: world.spans.map((span) => ({ ...span, ...this.#window(span, world.now) })),
      },
    });
  }

  #window(span: Span, now: number): { coveredSeconds: number; counters: Counters } {
    const end = now - span.offsetSeconds * 1000;
    const start = end - span.seconds * 1000;
    const inside = this.#slices.filter((slice) => slice.until > start && slice.until <= end);
    return {
      coveredSeconds: Math.max(0, end - Math.max(start, this.#activatedAt)) / 1000,
      counters: inside.reduce((sum, slice) => addCounters(sum, slice.counters), noCounters()),
    };
  }

  #store(store: StoreName, world: World): StoreStatus {
    const identity = store === "source" ? sourceIdentity : world.destination;
    const newestUpdatedAt = new Date(world.now - world.behindSeconds[store] * 1000).toISOString();
    if (!world.failing.has(store)) return aStore(store, { identity, newestUpdatedAt });
    const lastError = {
      code: "RETR_BACKEND_UNAVAILABLE",
      message: "connection refused",
      at: new Date(world.now).toISOString(),
    };
    return aStore(store, { identity, newestUpdatedAt, reachable: false, lastOkAgeSeconds: 120, lastError });
  }
}

function countTraffic(traffic: Traffic, seconds: number, rate: number, shadow: string): Counters {
  const requests = traffic.rps * seconds;
  const errors = requests * traffic.errorShare;
  const tried = requests * rate;
  const shadowErrors = tried * (shadow === "none" ? 0 : traffic.shadowErrors);
  const answered = tried - shadowErrors;
  const slot = latencyEdgesMs.findIndex((edge) => traffic.latencyMs <= edge);
  return {
    ...noCounters(),
    requests,
    errors,
    empty: requests * traffic.emptyShare,
    latencySumMs: requests * traffic.latencyMs,
    latencyBuckets: noCounters().latencyBuckets.map((_, index, all) =>
      index === (slot < 0 ? all.length - 1 : slot) ? requests - errors : 0,
    ),
    answered,
    shadowErrors,
    scoreWorse: answered * traffic.scoreWorse,
    latencyWorse: answered * traffic.latencyWorse,
    mismatch: answered * traffic.mismatch,
    overlapSum: answered * (1 - traffic.mismatch),
  };
}
