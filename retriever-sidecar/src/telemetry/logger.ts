// Log lines of the sidecar: JSON, one event each, never a secret, never a query.

import type { Fault } from "@retriever/stores/errors.ts";
import type { Clock } from "@retriever/stores/ports/clock.ts";
import { printableLines } from "@retriever/stores/values/printable.ts";
import { pino } from "pino";
import type { ActiveConfig } from "#core/activation-decision.ts";
import type { SampleEvent } from "#retrieve/sample.ts";

export type Log = {
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
};

/** Most variance events that are logged in a second; further ones are counted in the next one's `suppressed`. */
const variancesPerSecond = 5;

/** A logger to standard output. */
export function makeLog(bindings: Record<string, string>): Log {
  const formatters = { level: levelName };
  const hooks = { streamWrite: printableLines };
  return pino({ base: bindings, timestamp: pino.stdTimeFunctions.isoTime, formatters, hooks });
}

function levelName(level: string): object {
  return { level };
}

/** The configuration that was activated, with the kinds of store that docs/runbook.md asks for. */
export function logActivation(log: Log, config: ActiveConfig): void {
  const overlay = config.overlay?.overlay;
  const fields = {
    event: "activated",
    epoch: overlay?.revision.epoch ?? 0,
    primary: config.primary,
    primaryKind: kindOf(config, config.primary),
    shadow: config.shadow,
    shadowKind: config.shadow === "none" ? "none" : kindOf(config, config.shadow),
    sampleRate: config.sampleRate,
    overlay: config.overlayState,
    sourceChanged: config.sourceChanged,
  };
  log.info(fields, "configuration in force");
  const paths = config.base.plainCredentials;
  if (paths.length > 0)
    log.warn({ event: "plain-credentials", paths }, "credentials in plain text: use fromEnv or fromFile");
}

/** Says which keys of an overlay are left out, once for each change of them. */
export function makeIgnoredKeysLog(log: Log): (config: ActiveConfig) => void {
  let said = "";
  return ({ overlay }) => {
    const keys = overlay?.ignoredKeys ?? [];
    const text = keys.join(", ");
    if (text !== said && text !== "") {
      log.warn({ event: "overlay-keys-ignored", keys }, "the overlay says what this version doesn't know: left out");
    }
    said = text;
  };
}

/** That overlay or base changed while the same configuration stays active. */
export function logNotice(log: Log, { overlayState, sourceChanged, fenced }: ActiveConfig): void {
  const isConsistent = overlayState !== "vanished" && !sourceChanged && fenced === null;
  const fields = { event: "noticed", overlay: overlayState, sourceChanged, fenced };
  if (isConsistent) log.info(fields, "overlay and base agree with what is in force");
  else log.warn(fields, "overlay or base no longer agree with what is in force, which stays");
}

/** A document that was refused, or that the last refusal is over. */
export function logFault(log: Log, fault: Fault | null): void {
  if (fault === null) log.info({ event: "config-fault-over" }, "configuration accepted");
  else log.error({ event: "config-fault", code: fault.code, path: fault.path }, fault.message);
}

/** Logs the contract's events of samples, bounded in number: one slow shadow must not flood the log. */
export function makeVarianceLog(log: Log, clock: Clock): (event: SampleEvent) => void {
  let second = -1;
  let logged = 0;
  let suppressed = 0;
  return (event) => {
    if (event.causes.length === 0) return;
    const now = Math.floor(clock.monotonicMs() / 1000);
    if (now !== second) [second, logged] = [now, 0];
    if (logged >= variancesPerSecond) {
      suppressed += 1;
      return;
    }
    logged += 1;
    log.warn({ ...fieldsOf(event), suppressed }, "dual-read variance");
    suppressed = 0;
  };
}

function fieldsOf({ primaryKind, shadowKind, causes, comparison, fault }: SampleEvent): object {
  return {
    event: fault === null && comparison === null ? "shadow-error" : "variance-high",
    code: "RETR_DUAL_VARIANCE_HIGH",
    primaryKind,
    shadowKind,
    causes,
    ...(comparison === null ? {} : { comparison }),
    ...(fault === null ? {} : { fault }),
  };
}

function kindOf(config: ActiveConfig, store: "source" | "destination"): string {
  return config[store]?.kind ?? "unknown";
}
