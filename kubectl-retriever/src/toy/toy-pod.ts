// A toy sidecar in a toy pod: follows the overlay after a while, serves the scenario's traffic, counts evidence.

import type { PodObservation } from "@retriever/operator/core/model/workload.ts";
import type { Span } from "@retriever/operator/core/time/evidence-spans.ts";
import type { Overlay, StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { SidecarStatus, StoreStatus } from "@retriever/sidecar/contract/status.ts";
import { identityOf, type StoreIdentity } from "@retriever/stores/config/identity.ts";
import type { Regime } from "#rehearse/world.ts";
import type { Random } from "./draws.ts";
import { serveSecond } from "./serve.ts";
import { emptyRow, makeToyEvidence, type ToyEvidence } from "./toy-evidence.ts";
import { probedStore, type StoreHealth } from "./toy-store.ts";

export type OverlayFile = { readonly hash: string; readonly document: Overlay };

/** What all pods share at one moment. */
export type Surroundings = {
  readonly nowMs: number;
  readonly base: StoreIdentity;
  readonly source: StoreIdentity;
  readonly destination: StoreIdentity;
  readonly health: Readonly<Record<StoreName, StoreHealth>>;
  readonly spans: readonly Span[];
};

/** Traffic of all pods together. */
export type SharedTraffic = { readonly regime: Regime; readonly pods: number };

type Offer = { readonly file: OverlayFile | null; readonly atMs: number };

/** Starts with the overlay that is there when it is made. */
export class ToyPod {
  readonly name: string;
  readonly uid: string;
  annotatedEpoch = 0;
  /** The operator can't reach it. */
  silent = false;
  /** It sees no new configuration. */
  stuck = false;
  readonly #row = emptyRow();
  #starts = 0;
  #offered: Offer | undefined;
  #inForce: OverlayFile | null = null;
  #isShadowOff = false;
  #activatedAtMs = 0;
  #evidence: ToyEvidence = makeToyEvidence(0);

  constructor(name: string, file: OverlayFile | null, around: Surroundings) {
    this.name = name;
    this.uid = identityOf({ kind: "qdrant", host: name, port: 1, place: "pod" }).digest;
    this.#start(file, around);
  }

  /** It has not taken the newest configuration over yet. */
  get isAboutToChange(): boolean {
    return this.#offered !== undefined && !this.stuck;
  }

  /** From an instant on the file in the volume is this one; null: gone. */
  offer(file: OverlayFile | null, atMs: number): void {
    this.#offered = { file, atMs };
  }

  /** Takes over what is due. */
  settle({ nowMs }: Surroundings): void {
    if (this.#offered === undefined || this.stuck || this.#offered.atMs > nowMs) return;
    const { file, atMs } = this.#offered;
    this.#offered = undefined;
    // A file that vanishes without having been released stays in force.
    const isHonoured = file !== null || this.#inForce === null || this.#inForce.document.released;
    if (isHonoured && file?.hash !== this.#inForce?.hash) this.#activate(file, Math.max(atMs, this.#activatedAtMs));
  }

  serve(second: number, traffic: SharedTraffic, random: Random): void {
    const { primary = "source", shadow = "none", sampleRate = 0 } = this.#inForce?.document ?? {};
    serveSecond(random, { ...traffic, primary, shadow: this.#isShadowOff ? "none" : shadow, sampleRate }, this.#row);
    this.#evidence.add(second, this.#row);
  }

  /** Forgets the traffic after a second. */
  rewind(second: number): void {
    this.#evidence.rewind(second);
  }

  restart(around: Surroundings): void {
    this.#start(this.#offered === undefined ? this.#inForce : this.#offered.file, around);
  }

  observe(around: Surroundings): PodObservation {
    return {
      name: this.name,
      uid: this.uid,
      terminating: false,
      ready: true,
      sidecarRunning: true,
      nodeLost: false,
      annotatedEpoch: this.annotatedEpoch,
      status: this.silent ? { ok: false, why: "deadline exceeded" } : { ok: true, value: this.#status(around) },
    };
  }

  /** A starting sidecar has no source adapter but its base: it serves the destination alone, or the base. */
  #start(file: OverlayFile | null, { nowMs, base }: Surroundings): void {
    this.#starts += 1;
    const isSourceGone = file !== null && base.digest !== file.document.source.digest;
    this.#activate(isSourceGone && file.document.primary === "source" ? null : file, nowMs);
    this.#isShadowOff = isSourceGone;
  }

  #activate(file: OverlayFile | null, atMs: number): void {
    this.#inForce = file;
    this.#isShadowOff = false;
    this.#activatedAtMs = atMs;
    this.#evidence = makeToyEvidence(atMs);
  }

  #status(around: Surroundings): SidecarStatus {
    const inForce = this.#inForce;
    return {
      schema: 1,
      podUid: this.uid,
      podName: this.name,
      startId: `${this.name}-${this.#starts}`,
      version: "rehearsal",
      readableOverlaySchemas: [1],
      base: around.base,
      config: inForce === null ? baseConfig(around) : overlayConfig(inForce, this.#isShadowOff, around),
      configFault: null,
      stores: storesOf(inForce?.document, this.#activatedAtMs, around),
      evidence: this.#evidence.read(inForce?.document.revision.epoch ?? 0, around.nowMs, around.spans),
    };
  }
}

/** No overlay is in force: the base alone says what is primary. */
function baseConfig({ base }: Surroundings): SidecarStatus["config"] {
  return {
    epoch: 0,
    hash: null,
    migrationUid: null,
    primary: "source",
    primaryIdentity: base,
    shadow: "none",
    sampleRate: 0,
    released: false,
    overlay: "absent",
    sourceChanged: false,
  };
}

function overlayConfig(
  { hash, document }: OverlayFile,
  isShadowOff: boolean,
  around: Surroundings,
): SidecarStatus["config"] {
  const { revision, primary, shadow, sampleRate, released } = document;
  return {
    epoch: revision.epoch,
    hash,
    migrationUid: revision.migrationUid,
    primary,
    primaryIdentity: around[primary],
    shadow: isShadowOff ? "none" : shadow,
    sampleRate,
    released,
    overlay: "in-force",
    sourceChanged: around.base.digest !== document.source.digest,
  };
}

function storesOf(document: Overlay | undefined, activatedAtMs: number, around: Surroundings): StoreStatus[] {
  const { nowMs, health, base, source, destination } = around;
  if (document === undefined) {
    const known = { store: "source", role: "primary", identity: base } as const;
    return [probedStore(known, { health: health.source, nowMs, knownSinceMs: 0 })];
  }
  const roleOf = (store: StoreName): StoreStatus["role"] => {
    if (store === document.primary) return "primary";
    return document.shadow === store ? "shadow" : "none";
  };
  const [from, to] = [
    { store: "source", role: roleOf("source"), identity: source },
    { store: "destination", role: roleOf("destination"), identity: destination },
  ] as const;
  return [
    probedStore(from, { health: health.source, nowMs, knownSinceMs: 0 }),
    probedStore(to, { health: health.destination, nowMs, knownSinceMs: activatedAtMs }),
  ];
}
