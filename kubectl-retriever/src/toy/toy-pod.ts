// A simulated pod with its sidecar: follows the overlay after a while, serves what it is given, counts evidence.

import type { PodObservation } from "@retriever/operator/core/model/workload.ts";
import type { Span } from "@retriever/operator/core/time/evidence-spans.ts";
import { servingOf } from "@retriever/sidecar/contract/follow-overlay.ts";
import type { Overlay, StoreName } from "@retriever/sidecar/contract/overlay.ts";
import { isPinned } from "@retriever/sidecar/contract/overlay.ts";
import { effectiveRate } from "@retriever/sidecar/contract/sample-rate.ts";
import type { SidecarStatus, StoreStatus } from "@retriever/sidecar/contract/status.ts";
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import { type ConfigFiles, followFiles, type Running, startFrom } from "./follow-files.ts";
import { RequestRate } from "./request-rate.ts";
import { serveSecond, type ToyServing, type Traffic } from "./serve.ts";
import { ToyEvidence } from "./toy-evidence.ts";
import { type Distortion, distort } from "./toy-lies.ts";
import { emptyRow, fieldPlace } from "./toy-row.ts";
import { probedStore, type StoreHealth } from "./toy-store.ts";

type OverlayFile = { readonly hash: string; readonly document: Overlay };
type Files = ConfigFiles<OverlayFile>;

/** What all pods share at one moment. */
export type Surroundings = {
  /** Wall clock, epoch ms. */
  readonly nowMs: number;
  /** The pods' own clock, which never jumps. */
  readonly elapsedMs: number;
  readonly base: StoreIdentity;
  readonly source: StoreIdentity;
  readonly destination: StoreIdentity;
  readonly health: Readonly<Record<StoreName, StoreHealth>>;
  readonly spans: readonly Span[];
  /** Where the bins begin that a pod is asked for, by its UID; epoch seconds. */
  readonly binsFrom: (podUid: string) => number;
};

/** A moment by both clocks. */
export type PodTime = Pick<Surroundings, "nowMs" | "elapsedMs">;

const baseAlone = { primary: "source", shadow: "none", sampleRate: 0 } as const;
const noOverlay = { epoch: 0, hash: null, migrationUid: null, released: false, overlay: "absent" } as const;

/** Instants in ms of the pods' own clock. Public fields are what a script may do to a pod. */
export class ToyPod {
  readonly name: string;
  readonly uid: string;
  annotatedEpoch = 0;
  /** The operator can't reach it. */
  silent = false;
  /** It sees no new overlay. */
  stuck = false;
  sidecarRunning = true;
  nodeLost = false;
  terminating = false;
  /** Its probes of the source don't end: what it knows of it is so many seconds old. */
  sourceHangsSeconds = 0;
  /** What it tells instead of what it counted. */
  distortion: Distortion | undefined;
  /** How many requests it gets for one of another pod's. */
  weight = 1;
  /** How long it takes to see a new overlay; undefined: as long as the one who offers says. */
  followMs: number | undefined;
  readonly #row = emptyRow();
  #starts = 0;
  #offered: Files["overlay"] = null;
  #visibleAtMs = 0;
  #files: Files = { overlay: null, isBaseSource: true };
  #running: Running<OverlayFile> = startFrom(this.#files);
  /** By the wall clock. */
  #startedAtMs = 0;
  #activatedAtMs = 0;
  #evidence = new ToyEvidence(0);
  #rate = new RequestRate();

  constructor(name: string) {
    this.name = name;
    this.uid = `uid-${name}`;
  }

  clone(): ToyPod {
    const copy = new ToyPod(this.name);
    const { annotatedEpoch, silent, stuck, sidecarRunning, nodeLost, terminating, distortion, weight, followMs } = this;
    Object.assign(copy, { annotatedEpoch, silent, stuck, sidecarRunning, nodeLost, terminating });
    Object.assign(copy, { distortion, weight, followMs, sourceHangsSeconds: this.sourceHangsSeconds });
    copy.#starts = this.#starts;
    copy.#offered = this.#offered;
    copy.#visibleAtMs = this.#visibleAtMs;
    copy.#files = this.#files;
    copy.#running = this.#running;
    copy.#startedAtMs = this.#startedAtMs;
    copy.#activatedAtMs = this.#activatedAtMs;
    copy.#evidence = this.#evidence.clone();
    copy.#rate = this.#rate.clone();
    return copy;
  }

  /** It has not read the newest overlay yet, and will. */
  get isAboutToChange(): boolean {
    return this.#offered !== this.#files.overlay && !this.stuck;
  }

  /** From now on the overlay in the API is this one; the pod sees it `afterMs` later. */
  offer(overlay: Files["overlay"], atMs: number, afterMs: number): void {
    if (hashOf(overlay) === hashOf(this.#offered)) return;
    this.#offered = overlay;
    this.#visibleAtMs = atMs + (this.followMs ?? afterMs);
  }

  /** A process begins, with the files as they are in its volume. */
  start(isBaseSource: boolean, { nowMs, elapsedMs }: PodTime): void {
    this.#starts += 1;
    this.#startedAtMs = nowMs;
    this.#rate = new RequestRate();
    this.#files = { overlay: this.stuck ? this.#files.overlay : this.#offered, isBaseSource };
    this.#running = startFrom(this.#files);
    this.#activate(elapsedMs);
  }

  /** Reads its files. */
  settle(isBaseSource: boolean, { nowMs, elapsedMs }: PodTime): void {
    const isVisible = this.isAboutToChange && elapsedMs >= this.#visibleAtMs;
    if (!isVisible && isBaseSource === this.#files.isBaseSource) return;
    this.#files = { overlay: isVisible ? this.#offered : this.#files.overlay, isBaseSource };
    const before = this.#running.inForce;
    this.#running = followFiles(this.#running, this.#files, { startedAtMs: this.#startedAtMs, nowMs });
    if (this.#running.inForce?.hash !== before?.hash) this.#activate(elapsedMs);
  }

  /** Serves for the second of its clock that ends at `nowMs` of the wall clock. */
  serve(second: number, nowMs: number, traffic: (primary: StoreName) => Traffic): void {
    this.#row.fill(0);
    const serving = this.#serving();
    const rate = effectiveRate(serving, this.#rate.at(second - 1));
    const slices = this.sidecarRunning ? serveSecond(traffic(serving.primary), serving, rate, this.#row) : [];
    this.#rate.add(second, this.#row[fieldPlace.requests] ?? 0);
    this.#evidence.add(second, { nowMs, row: this.#row, slices });
  }

  /** Forgets the traffic after a second. */
  rewind(second: number): void {
    this.#evidence.rewind(second);
  }

  observe(around: Surroundings): PodObservation {
    const { name, uid, terminating, sidecarRunning, nodeLost, annotatedEpoch } = this;
    const isHeard = !this.silent && sidecarRunning;
    const status = isHeard
      ? ({ ok: true, value: this.#status(around) } as const)
      : ({ ok: false, why: "deadline exceeded" } as const);
    return { name, uid, terminating, ready: true, sidecarRunning, nodeLost, annotatedEpoch, status };
  }

  #activate(atMs: number): void {
    this.#activatedAtMs = atMs;
    this.#evidence = new ToyEvidence(atMs);
  }

  #serving(): ToyServing {
    const { inForce, hasSource } = this.#running;
    if (inForce === null) return baseAlone;
    const serving = servingOf(inForce.document, hasSource) ?? baseAlone;
    return serving.shadow === "none" ? serving : { ...inForce.document, ...serving };
  }

  #status(around: Surroundings): SidecarStatus {
    const epoch = this.#running.inForce?.document.revision.epoch ?? 0;
    const evidence = this.#evidence.read({ ...around, epoch, binsFrom: around.binsFrom(this.uid) });
    return {
      schema: 1,
      podUid: this.uid,
      podName: this.name,
      startId: `${this.name}-${this.#starts}`,
      version: "toy",
      readableOverlaySchemas: [1],
      base: around.base,
      config: this.#config(around),
      configFault: null,
      stores: this.#stores(around),
      evidence: this.distortion === undefined ? evidence : distort(evidence, this.distortion),
    };
  }

  #config(around: Surroundings): SidecarStatus["config"] {
    const { inForce, isVanished, fenced } = this.#running;
    const running = this.#serving();
    const { primary, shadow, sampleRate } = running;
    const serving = { primary, shadow, sampleRate };
    const sourceChanged = this.#isSourceChanged(around.base);
    const busy = this.#rate.at(Math.floor(around.elapsedMs / 1000));
    const effectiveSampleRate = running.sampling === undefined ? null : effectiveRate(running, busy);
    const told = { effectiveSampleRate, ignoredKeys: [], ...(fenced === null ? {} : { fenced }) };
    if (inForce === null) return { ...noOverlay, ...serving, ...told, primaryIdentity: around.base, sourceChanged };
    const { revision, released } = inForce.document;
    return {
      ...serving,
      epoch: revision.epoch,
      hash: inForce.hash,
      migrationUid: revision.migrationUid,
      primaryIdentity: around[serving.primary],
      ...told,
      released,
      overlay: isVanished ? "vanished" : "in-force",
      sourceChanged,
    };
  }

  /** The base has another store than the overlay that is in force, or would be. */
  #isSourceChanged(base: StoreIdentity): boolean {
    const { overlay } = this.#files;
    const wanted = this.#running.inForce ?? (overlay === "invalid" ? null : overlay);
    return wanted !== null && !isPinned(base, wanted.document.source);
  }

  /** The base's store, known since ever; under an overlay its destination as well, known since then. */
  #stores({ nowMs, elapsedMs, health, base, source, destination }: Surroundings): StoreStatus[] {
    const { primary, shadow } = this.#serving();
    const view = (store: StoreName, identity: StoreIdentity, knownSinceMs: number): StoreStatus => {
      const role = store === primary ? "primary" : store === shadow ? "shadow" : "none";
      return probedStore({ store, role, identity }, { health: health[store], nowMs, elapsedMs, knownSinceMs });
    };
    const ofSource = (identity: StoreIdentity): StoreStatus =>
      aged(view("source", identity, Number.NEGATIVE_INFINITY), this.sourceHangsSeconds);
    if (this.#running.inForce === null) return [ofSource(base)];
    // After a rollback a sidecar opens nothing of the destination.
    if (this.#running.inForce.document.rollback === true) return [ofSource(source)];
    return [ofSource(source), view("destination", destination, this.#activatedAtMs)];
  }
}

function aged(view: StoreStatus, seconds: number): StoreStatus {
  const { probeAgeSeconds, lastOkAgeSeconds } = view;
  const older = (age: number | null) => (age === null ? null : age + seconds);
  return { ...view, probeAgeSeconds: older(probeAgeSeconds), lastOkAgeSeconds: older(lastOkAgeSeconds) };
}

function hashOf(overlay: Files["overlay"]): string | null {
  return overlay === null || overlay === "invalid" ? overlay : overlay.hash;
}
