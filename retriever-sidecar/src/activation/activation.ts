// Activates a configuration: build, swap at once, drain what is no longer used, then probe. Nothing waits for a store.

import { identityOf, type StoreIdentity } from "@retriever/stores/config/identity.ts";
import {
  choiceFault,
  type StoreChoice,
  type StoreSpec,
  specOf,
  storeKey,
} from "@retriever/stores/config/store-spec.ts";
import { type Fault, faultOf, RetrieverError } from "@retriever/stores/errors.ts";
import type { Backend, BackendDeps, MakeBackend } from "@retriever/stores/ports/backend.ts";
import type { Clock, Random } from "@retriever/stores/ports/clock.ts";
import { similarityOf } from "@retriever/stores/similarity.ts";
import { type ActivationInput, type ActiveConfig, decideActivation, epochOf } from "#core/activation-decision.ts";
import { type EvidenceLog, makeEvidenceLog } from "#core/evidence.ts";
import { makeRateEstimate, makeSampler, type RateEstimate } from "#core/sampling.ts";
import { makeContentProbe } from "#retrieve/content-probe.ts";
import { maxExactInFlight } from "#retrieve/exact.ts";
import { instantOf } from "#retrieve/instant.ts";
import type { Runtime } from "#retrieve/runtime.ts";
import { metadataIn } from "#retrieve/serve.ts";
import { makeShadowQueue } from "#retrieve/shadow.ts";
import { StoreHandle } from "#retrieve/store-handle.ts";
import { makeUnavailableBackend } from "#retrieve/unavailable-backend.ts";

type Documents = Pick<ActivationInput, "base" | "overlay">;
type ConfigFault = { readonly code: string; readonly message: string; readonly at: string };

type ActivationEvents = {
  readonly onActivated: (runtime: Runtime) => void;
  /** The same configuration runs; the overlay vanished or came back, or the base names another store. */
  readonly onNoticed: (config: ActiveConfig) => void;
  /** A new fault; null: the last one is over. */
  readonly onFault: (fault: Fault | null) => void;
  /** A probe found what it hadn't found before. */
  readonly onRemarks?: (identity: StoreIdentity, remarks: readonly string[]) => void;
};
type Deps = {
  readonly clock: Clock;
  readonly random: Random;
  readonly makeBackend: MakeBackend;
  readonly events: ActivationEvents;
};

const drainGraceMs = 10_000;
const unavailableTimeoutMs = 5000;

export class Activation {
  readonly #deps: Deps;
  #runtime: Runtime | null = null;
  #fault: (Fault & { readonly at: string }) | null = null;
  #runningKey = "";
  #evidenceKey = "";
  /** By the clock that the evidence tells, by which the operator tells the overlay's deadline. */
  readonly #startedAtMs: number;
  readonly #requests: RateEstimate;
  readonly #draining = new Set<Promise<void>>();

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#startedAtMs = instantOf(deps.clock).wallMs;
    this.#requests = makeRateEstimate(deps.clock.monotonicMs());
  }

  /** What is in force; null while none is. */
  get runtime(): Runtime | null {
    return this.#runtime;
  }

  /** The newest refusal; null after an accepted document. */
  get configFault(): ConfigFault | null {
    return this.#fault;
  }

  /** The first documents. Throws the fault of a base that can't be started with. */
  start(documents: Documents): void {
    const decision = decideActivation({ ...documents, active: null, clock: this.#readClock() });
    if (decision.kind === "exit") throw new RetrieverError(decision.fault);
    this.consider(documents);
  }

  /** Decides on the documents as read now and applies the decision, synchronously. */
  consider(documents: Documents): void {
    const active = this.#runtime?.config ?? null;
    const decision = decideActivation({ ...documents, active, clock: this.#readClock() });
    if (decision.kind === "run") this.#run(decision.config);
    this.#setFault(decision.fault);
  }

  #readClock(): ActivationInput["clock"] {
    return { startedAtMs: this.#startedAtMs, nowMs: instantOf(this.#deps.clock).wallMs };
  }

  /** Probes every store, with or without a role, and the content of both. */
  async probe(): Promise<void> {
    const runtime = this.#runtime;
    await Promise.all(handlesOf(runtime).map((handle) => handle.probe()));
    if (runtime?.isCurrent() === true) await runtime.content?.run();
  }

  /** Closes all connections once they are idle, after `graceMs` at the latest. */
  async close(graceMs: number): Promise<void> {
    await Promise.all([...this.#draining, ...handlesOf(this.#runtime).map((handle) => handle.retire(graceMs))]);
  }

  #run(config: ActiveConfig): void {
    const source = this.#handleOf(config.source, config);
    const destination = this.#handleOf(config.destination, config);
    const primary = config.primary === "source" ? source : destination;
    if (primary === null) {
      throw new RetrieverError({ code: "RETR_INTERNAL", message: "a configuration without a primary store" });
    }
    const runningKey = keyOf(config, source, destination);
    const previous = this.#runtime;
    const isSame = previous !== null && runningKey === this.#runningKey;
    const { shadow, exact, sampler, content } = isSame ? previous : this.#makeSampling(config, source, destination);
    const runtime: Runtime = {
      config,
      source,
      destination,
      primary,
      shadow,
      exact,
      sampler,
      content,
      recall: recallSearchOf(config, source, destination),
      evidence: this.#evidenceOf(config, source, destination),
      isCurrent: () => this.#runningKey === runningKey,
    };
    this.#runtime = runtime;
    this.#runningKey = runningKey;
    if (isSame) {
      this.#notice(previous, config);
      return;
    }
    this.#drain(previous, runtime);
    this.#deps.events.onActivated(runtime);
    void this.probe();
  }

  #notice(previous: Runtime | null, next: ActiveConfig): void {
    const noticed = ({ overlayState, sourceChanged, fenced }: ActiveConfig) =>
      JSON.stringify([overlayState, sourceChanged, fenced]);
    if (previous !== null && noticed(previous.config) === noticed(next)) return;
    if (this.#runtime !== null) this.#deps.events.onNoticed(this.#runtime.config);
  }

  /** Connections outlive an activation that doesn't touch their store: a step of the ramp must not make them cold. */
  #handleOf(choice: StoreChoice | null, config: ActiveConfig): StoreHandle | null {
    if (choice === null) return null;
    const key = storeKey(choice, config.base.normalization, config.base.filterable);
    const known = handlesOf(this.#runtime).find((handle) => handle.key === key);
    if (known !== undefined) return known;
    const { clock } = this.#deps;
    const spec = specOf(choice);
    const backend = spec === undefined ? makeUnavailableBackend(faultFor(choice)) : this.#backendOf(spec, config.base);
    const timeoutMs = spec?.timeoutMs ?? unavailableTimeoutMs;
    const { onRemarks } = this.#deps.events;
    const told = onRemarks === undefined ? {} : { onRemarks };
    return new StoreHandle({ key, identity: identityFor(choice, config), timeoutMs, backend, clock, ...told });
  }

  #backendOf(spec: StoreSpec, { normalization, filterable }: ActiveConfig["base"]): Backend {
    const { clock, makeBackend } = this.#deps;
    const similarity: BackendDeps["similarity"] = (metric, value) => similarityOf(metric, value, normalization);
    try {
      return makeBackend(spec, { clock, similarity, filterable });
    } catch (error) {
      // For instance a CA file that is no certificate: the store counts as unreachable.
      return makeUnavailableBackend(buildFault(error));
    }
  }

  #makeSampling(
    config: ActiveConfig,
    source: StoreHandle | null,
    destination: StoreHandle | null,
  ): Pick<Runtime, "shadow" | "exact" | "sampler" | "content"> {
    const { clock } = this.#deps;
    const shadow = config.shadow === "none" ? null : config.shadow === "source" ? source : destination;
    return {
      shadow: makeShadow(shadow, clock),
      exact: this.#makeExact(config, source, destination),
      sampler: makeSampler(config, this.#requests, clock.monotonicMs()),
      content: this.#makeContent(config, source, destination),
    };
  }

  /** Once the destination serves, the old store is asked for no more than what is sampled. */
  #makeContent(
    { overlay, primary, base }: ActiveConfig,
    source: StoreHandle | null,
    destination: StoreHandle | null,
  ): Runtime["content"] {
    const { clock, random } = this.#deps;
    const { select = [] } = base;
    const isAsked = select.length > 0 && overlay?.overlay.released === false && primary === "source";
    if (!isAsked || source === null || destination === null) return null;
    const content = { text: select.includes("text"), metadata: metadataIn(select) };
    return makeContentProbe({ source, destination, content, clock, random });
  }

  /** A destination without a part in serving is asked nothing: nobody has approved it yet, or it was left. */
  #makeExact(config: ActiveConfig, source: StoreHandle | null, destination: StoreHandle | null): Runtime["exact"] {
    const { base, primary, shadow } = config;
    const handle = base.exactSearch?.store === "source" ? source : destination;
    if (base.exactSearch === null || handle === null) return null;
    if (base.exactSearch.store === "destination" && primary === "source" && shadow === "none") return null;
    const queue = makeShadowQueue((request) => handle.retrieveExact(request), this.#deps.clock, maxExactInFlight);
    return { sampleRate: base.exactSearch.sampleRate, queue };
  }

  #evidenceOf(config: ActiveConfig, source: StoreHandle | null, destination: StoreHandle | null): EvidenceLog {
    const key = JSON.stringify([config.overlay?.hash, source?.identity.digest, destination?.identity.digest]);
    const current = this.#runtime?.evidence;
    if (current !== undefined && key === this.#evidenceKey) return current;
    this.#evidenceKey = key;
    return makeEvidenceLog(epochOf(config), this.#deps.clock.monotonicMs(), current?.openBinAt());
  }

  #drain(previous: Runtime | null, next: Runtime): void {
    const kept = new Set(handlesOf(next));
    for (const handle of handlesOf(previous)) {
      if (kept.has(handle)) continue;
      const drained = handle.retire(drainGraceMs).catch(() => undefined);
      this.#draining.add(drained);
      void drained.then(() => this.#draining.delete(drained));
    }
  }

  #setFault(fault: Fault | null): void {
    const isSame = fault?.code === this.#fault?.code && fault?.message === this.#fault?.message;
    if (isSame) return;
    this.#fault = fault === null ? null : { ...fault, at: new Date(this.#deps.clock.wallMs()).toISOString() };
    this.#deps.events.onFault(fault);
  }
}

function handlesOf(runtime: Runtime | null): StoreHandle[] {
  return [runtime?.source ?? null, runtime?.destination ?? null].filter((handle) => handle !== null);
}

function makeShadow(handle: StoreHandle | null, clock: Clock): Runtime["shadow"] {
  return handle === null ? null : { handle, queue: makeShadowQueue((request) => handle.retrieve(request), clock) };
}

function recallSearchOf(
  { overlay, shadow }: ActiveConfig,
  source: StoreHandle | null,
  destination: StoreHandle | null,
): Runtime["recall"] {
  const wanted = overlay?.overlay.recall;
  if (wanted === undefined || shadow === "none" || source === null || destination === null) return null;
  return { ...wanted, source, destination };
}

function keyOf(config: ActiveConfig, source: StoreHandle | null, destination: StoreHandle | null): string {
  const { primary, shadow, sampleRate, thresholds, overlay, base } = config;
  const stores = [source?.key, destination?.key];
  return JSON.stringify([
    overlay?.hash,
    primary,
    shadow,
    sampleRate,
    thresholds,
    base.exactSearch,
    base.select,
    stores,
  ]);
}

function faultFor(choice: StoreChoice): Fault {
  return choiceFault(choice) ?? { code: "RETR_INTERNAL", message: "a store without a reason" };
}

function buildFault(error: unknown): Fault {
  if (error instanceof RetrieverError) return faultOf(error);
  return { code: "RETR_BACKEND_TLS", message: "the store's connection can't be set up: check its tls.caFile" };
}

/** A source whose location depends on a missing credential is known by the overlay's digest alone. */
function identityFor(choice: StoreChoice, config: ActiveConfig): StoreIdentity {
  if (choice.identity !== null) return choice.identity;
  const unknown = identityOf({ kind: choice.kind, host: "unknown", port: 0, place: "unknown" });
  const pin = config.overlay?.overlay.source;
  if (pin === undefined) return unknown;
  const { digest, storeDigest } = pin;
  return storeDigest === undefined ? { ...unknown, digest } : { ...unknown, digest: storeDigest, placeDigest: digest };
}
