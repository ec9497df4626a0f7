// The running sidecar: wires documents, activation, listeners and probes, and ends them. Reads nothing of the process.
import { randomUUID } from "node:crypto";
import { faultOf } from "@retriever/stores/errors.ts";
import type { Registry } from "@retriever/stores/kind.ts";
import type { Clock, Random } from "@retriever/stores/ports/clock.ts";
import { adapterOf } from "@retriever/stores/registry.ts";
import { Activation } from "#activation/activation.ts";
import { makeStatus, metricsFactsOf, unreadinessOf } from "#activation/status.ts";
import type { Environment } from "#config/credentials.ts";
import { readEnvBase } from "#config/env-base.ts";
import { readDirectory } from "#config/read-directory.ts";
import { makeReadInput, type ReadInput } from "#config/read-input.ts";
import type { Settings } from "#config/settings.ts";
import { watchDirectory } from "#config/watch-directory.ts";
import { makeAdminHandler } from "#http/admin-listener.ts";
import { makeAppHandler } from "#http/app-listener.ts";
import { type Handler, type Listener, listen } from "#http/listener.ts";
import { listenForOperator } from "#http/operator-listener.ts";
import { instantOf } from "#retrieve/instant.ts";
import { recallStatusOf } from "#retrieve/recall.ts";
import { makeRetrieve } from "#retrieve/serve.ts";
import {
  type Log,
  logActivation,
  logFault,
  logNotice,
  makeIgnoredKeysLog,
  makeVarianceLog,
} from "#telemetry/logger.ts";
import { type Metrics, makeMetrics } from "#telemetry/metrics.ts";

type SidecarDeps = {
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
  /** Is ready no more and serves on; resolves once the application has held no connection for `quietMs` on end. */
  readonly leave: (quietMs: number) => Promise<void>;
  /** Stops accepting, lets running requests finish for at most `graceMs`, closes every connection. */
  readonly stop: (graceMs: number) => Promise<void>;
};

const probeIntervalMs = 5000;

/** Starts everything. Throws RETR_CONFIG_INVALID and the like when the base can't be started with. */
export async function startSidecar(deps: SidecarDeps): Promise<Sidecar> {
  const { settings, clock, log } = deps;
  const metrics = makeMetrics(clock, deps.version, settings.showsNamespaces);
  const activation = makeActivation(deps, metrics);
  const read = makeReader(deps);
  const state = { isStopping: false };
  activation.start(read());
  const app = await listen(settings.listen, makeApp(deps, activation, metrics));
  const admin = await listenElse(deps, makeAdmin(deps, activation, { metrics, state }), app);
  // An exception here is a bug; the active configuration serves on.
  const reread = (): void => {
    try {
      activation.consider(read());
    } catch (error) {
      log.error({ event: "activation-failed", ...faultOf(error) }, "activation failed");
    }
  };
  const watch = settings.config === null ? null : watchDirectory(settings.config, reread);
  const probes = setInterval(() => void activation.probe(), probeIntervalMs);
  log.info({ event: "listening", app: app.address, admin: admin.address }, "listening");
  return {
    leave: (quietMs) => {
      state.isStopping = true;
      return app.quiet(quietMs);
    },
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

/** The application's listener is closed again where the operator's can't be opened. */
async function listenElse({ settings, log }: SidecarDeps, handler: Handler, app: Listener) {
  const onFault = (fault: unknown): void =>
    log.error(
      { event: "certificate-unusable", ...faultOf(fault) },
      "the certificate can't be used; the one before stays",
    );
  const options = { connections: { most: 64, mostOfAddress: 16 }, tls: settings.adminTls, onFault };
  try {
    return await listenForOperator(settings.admin, handler, options);
  } catch (error) {
    await app.close(0);
    throw error;
  }
}

function makeActivation({ clock, random, log, registry }: SidecarDeps, metrics: Metrics): Activation {
  const logIgnoredKeys = makeIgnoredKeysLog(log);
  return new Activation({
    clock,
    random,
    makeBackend: (spec, deps) => adapterOf(registry, spec).makeBackend(spec, deps),
    events: {
      onActivated: (runtime) => {
        logActivation(log, runtime.config);
        logIgnoredKeys(runtime.config);
        metrics.onConfig(metricsFactsOf(runtime));
      },
      onNoticed: (config) => logNotice(log, config),
      onRemarks: ({ label }, remarks) =>
        log.warn({ event: "store-remarks", store: label, remarks }, remarks.join("; ")),
      onFault: (fault) => {
        logFault(log, fault);
        metrics.onConfigFault(fault);
      },
    },
  });
}

/** Reads the documents as they are now, with the credential files they name: a rotated file is another activation. */
function makeReader({ settings, env, registry }: SidecarDeps): () => ReturnType<ReadInput> {
  const { allowedHosts, config } = settings;
  const readInput = makeReadInput({ env, allowedHosts, registry });
  return () => readInput(config === null ? readEnvBase(env) : readDirectory(config));
}

function makeApp({ clock, random, log }: SidecarDeps, activation: Activation, metrics: Metrics): Handler {
  const logVariance = makeVarianceLog(log, clock);
  const { onAnswer, onFailure, onExact, onFailedSample, onRecall, onTotal, onRejected } = metrics;
  const sink: Parameters<typeof makeRetrieve>[1]["sink"] = {
    onAnswer,
    onFailure,
    onExact,
    onFailedSample,
    onRecall,
    onSample: (event) => {
      metrics.onSample(event);
      logVariance(event);
    },
  };
  const retrieve = makeRetrieve(() => activation.runtime, { clock, random, sink });
  const reject: typeof onRejected = (fault) => {
    onRejected(fault);
    if (fault.code === "RETR_OVERLOADED") activation.runtime?.evidence.add({ overloaded: 1 }, instantOf(clock));
  };
  return makeAppHandler({ clock, retrieve, onTotal, onRejected: reject });
}

type AdminParts = { readonly metrics: Metrics; readonly state: { readonly isStopping: boolean } };

function makeAdmin(deps: SidecarDeps, activation: Activation, { metrics, state }: AdminParts): Handler {
  const { podUid, podName } = deps.settings;
  const facts = { podUid, podName, startId: randomUUID(), version: deps.version };
  return makeAdminHandler({
    status: (asked) => makeStatus(facts, activation, instantOf(deps.clock), asked),
    unreadiness: () => unreadinessOf(activation, state.isStopping),
    metrics: () => {
      const { runtime } = activation;
      const recall = runtime === null ? null : recallStatusOf(runtime, deps.clock.monotonicMs());
      metrics.onRecallStopped(recall?.state === "stopped");
      return metrics.render();
    },
  });
}
