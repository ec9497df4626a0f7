// The running sidecar: documents, activation, listeners, probes, and an orderly end. Reads nothing of the process.
import { randomUUID } from "node:crypto";
import { type Fault, faultOf, RetrieverError } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import type { Clock, Random } from "@retriever/stores/ports/clock.ts";
import { backendsOf } from "@retriever/stores/registry.ts";
import type { Environment } from "#config/credentials.ts";
import { readEnvBase } from "#config/env-base.ts";
import { readDirectory } from "#config/read-directory.ts";
import { type Documents, makeReadInput, type ReadInput } from "#config/read-input.ts";
import type { Settings } from "#config/settings.ts";
import { watchDirectory } from "#config/watch-directory.ts";
import type { Plan } from "#core/activation-decision.ts";
import { makeAdminHandler } from "#http/admin-listener.ts";
import { makeAppHandler } from "#http/app-listener.ts";
import { type Handler, type Listener, listen } from "#http/listener.ts";
import type { Serve } from "#ports/retrieval.ts";
import { parseRequest } from "#retrieve/parse-request.ts";
import type { Runtime } from "#retrieve/runtime.ts";
import type { SampleEvent } from "#retrieve/sample.ts";
import { serveRetrieve } from "#retrieve/serve.ts";
import { type Log, logActivation, logFault, logNotice, makeVarianceLog } from "#telemetry/logger.ts";
import { type Metrics, makeMetrics } from "#telemetry/metrics.ts";
import { Activation, epochOf } from "./activation.ts";
import { makeStatus } from "./status.ts";

export type SidecarDeps = {
  readonly settings: Settings;
  readonly env: Environment;
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The kinds of stores that can be configured. */
  readonly registry: Registry;
};
export type Sidecar = {
  /** Stops accepting, sees running requests through for `graceMs` at the most, closes every connection. */
  readonly stop: (graceMs: number) => Promise<void>;
};

const probeIntervalMs = 5000;

/** Starts everything. Throws RETR_CONFIG_INVALID and the like when the base can't be started with. */
export async function startSidecar(deps: SidecarDeps): Promise<Sidecar> {
  const { settings, clock, log } = deps;
  const metrics = makeMetrics(clock, deps.version);
  const activation = makeActivation(deps, metrics);
  const read = makeReader(deps);
  const state = { isStopping: false };
  activation.start(read());
  const app = await listen(settings.listen, makeApp(deps, activation, metrics));
  const admin = await listenElse(settings.admin, makeAdmin(deps, activation, { metrics, state }), app);
  const watch = settings.config === null ? null : watchDirectory(settings.config, makeLook(deps, activation, read));
  const probes = setInterval(() => void activation.probe(), probeIntervalMs);
  log.info({ event: "listening", app: app.address, admin: admin.address }, "listening");
  return {
    stop: async (graceMs) => {
      state.isStopping = true;
      watch?.stop();
      clearInterval(probes);
      await app.close(graceMs);
      await activation.close(graceMs);
      await admin.close(0);
    },
  };
}

async function listenElse(address: Settings["admin"], handler: Handler, app: Listener): Promise<Listener> {
  try {
    return await listen(address, handler);
  } catch (error) {
    await app.close(0);
    throw error;
  }
}

function makeActivation({ clock, log, registry }: SidecarDeps, metrics: Metrics): Activation {
  const onActivated = (runtime: Runtime): void => {
    logActivation(log, runtime.plan);
    metrics.onConfig({ epoch: epochOf(runtime.plan), roles: rolesOf(runtime), thresholds: runtime.plan.thresholds });
  };
  const onNoticed = (plan: Plan): void => logNotice(log, plan);
  const onFault = (fault: Fault | null): void => {
    logFault(log, fault);
    metrics.onConfigFault(fault);
  };
  return new Activation({ clock, makeBackend: backendsOf(registry), events: { onActivated, onNoticed, onFault } });
}

function rolesOf({ primary, shadow }: Runtime) {
  const roles = [{ role: "primary", kind: primary.identity.kind }];
  return shadow === null ? roles : [...roles, { role: "shadow", kind: shadow.handle.identity.kind }];
}

/** Reads the documents as they are now. Files of credentials belong to them: their rotation is an activation. */
function makeReader({ settings, env, registry }: SidecarDeps): () => ReturnType<ReadInput> {
  const readInput = makeReadInput({ env, allowedHosts: settings.allowedHosts, registry });
  const { config } = settings;
  const read = (): Documents => (config === null ? readEnvBase(env) : readDirectory(config));
  return () => readInput(read());
}

/** A look that fails is a bug; the configuration in force serves on. */
function makeLook({ log }: SidecarDeps, activation: Activation, read: ReturnType<typeof makeReader>): () => void {
  return () => {
    try {
      activation.consider(read());
    } catch (error) {
      log.error({ event: "activation-failed", ...faultOf(error) }, "activation failed");
    }
  };
}

function makeApp(deps: SidecarDeps, activation: Activation, metrics: Metrics): Handler {
  const { clock, random, log } = deps;
  const logVariance = makeVarianceLog(log, clock);
  const onSample = (event: SampleEvent): void => {
    metrics.onSample(event);
    logVariance(event);
  };
  const { onAnswer, onFailure, onExact } = metrics;
  const context = { clock, random, sink: { onAnswer, onFailure, onExact, onSample } };
  const serve: Serve = async (body, trace) => {
    const request = parseRequest(body, trace);
    if (activation.runtime === null) throw new RetrieverError(notReady);
    return serveRetrieve(activation.runtime, request, context);
  };
  return makeAppHandler({ clock, serve, onTotal: metrics.onTotal, onRejected: metrics.onRejected });
}

const notReady: Fault = { code: "RETR_NOT_READY", message: "no valid configuration is in force" };

type AdminParts = { readonly metrics: Metrics; readonly state: { readonly isStopping: boolean } };

function makeAdmin(deps: SidecarDeps, activation: Activation, { metrics, state }: AdminParts): Handler {
  const { podUid, podName } = deps.settings;
  const facts = { podUid, podName, startId: randomUUID(), version: deps.version };
  return makeAdminHandler({
    status: (spans) => makeStatus(facts, activation, deps.clock.monotonicMs(), spans),
    unreadiness: () => (state.isStopping ? "shutting down" : missingConfig(activation)),
    metrics: metrics.render,
  });
}

function missingConfig({ runtime, configFault }: Activation): string | null {
  if (runtime !== null) return null;
  const reason = configFault === null ? "" : `: ${configFault.code}: ${configFault.message}`;
  return `${notReady.message}${reason}`;
}
