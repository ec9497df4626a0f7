// An unknown document → a scenario with every default, or all its faults at once. Pure.

import { describe, parseShape } from "@retriever/crds/faults.ts";
import { durationPattern, durationSeconds } from "@retriever/crds/fields/duration.ts";
import { type Act, actsInRole } from "@retriever/crds/migration.ts";
import type { ConfigFault } from "@retriever/stores/config/config-fault.ts";
import { eventActions, type Scenario, scenarioSchema } from "./scenario.ts";

type ParsedScenario =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly faults: readonly ConfigFault[] };

/** Longest rehearsal: a week. */
const longestSeconds = 168 * 3600;

/**
 * A scenario with defaults. Faults name the path from `scenario`, what came and what was expected; the rules between
 * fields are judged as well, wherever the fields themselves are sound. Never throws.
 */
export function parseScenario(input: unknown): ParsedScenario {
  const { data, faults: shape } = parseShape(scenarioSchema, input, "scenario");
  const faults = [...shape, ...untilFaults(input), ...eventFaults(input), ...rankFaults(input)];
  return data !== undefined && faults.length === 0 ? { ok: true, scenario: data } : { ok: false, faults };
}

type Raw = Readonly<Record<string, unknown>>;

function asRecord(input: unknown): Raw {
  return typeof input === "object" && input !== null && !Array.isArray(input) ? (input as Raw) : {};
}

function untilFaults(input: unknown): ConfigFault[] {
  const until = asRecord(input)["until"];
  if (typeof until !== "string" || !durationPattern.test(until)) return [];
  const seconds = durationSeconds(until);
  if (seconds >= 1 && seconds <= longestSeconds) return [];
  return [{ path: "scenario.until", message: `received ${describe(until)}, expected a time from 1s to 168h` }];
}

function eventFaults(input: unknown): ConfigFault[] {
  const events = asRecord(input)["events"];
  return Array.isArray(events) ? events.flatMap((event, index) => faultsOfEvent(asRecord(event), index)) : [];
}

/** A namespace that is made worse is one of the traffic's. */
function rankFaults(input: unknown): ConfigFault[] {
  const { events, traffic } = asRecord(input);
  const count = asRecord(asRecord(traffic)["namespaces"])["count"] ?? 0;
  if (!Array.isArray(events) || typeof count !== "number") return [];
  return events.flatMap((event, index) => {
    const rank = asRecord(asRecord(event)["namespace"])["rank"];
    if (typeof rank !== "number" || rank <= count) return [];
    const path = `scenario.events[${index}].namespace.rank`;
    return [
      { path, message: `received ${describe(rank)}, expected at most traffic.namespaces.count, which is ${count}` },
    ];
  });
}

function faultsOfEvent(event: Raw, index: number): ConfigFault[] {
  const path = `scenario.events[${index}]`;
  const given = eventActions.filter((action) => event[action] !== undefined);
  const faults: ConfigFault[] = [];
  if (given.length !== 1) {
    const received = given.length === 0 ? "none" : given.join(" and ");
    faults.push({ path, message: `received ${received}, expected exactly one of ${eventActions.join(", ")}` });
  }
  if (event["for"] !== undefined && given.length === 1 && !canEnd(event)) {
    faults.push({ path: `${path}.for`, message: `received ${describe(event["for"])}, expected nothing: it can't end` });
  }
  if (event["operator"] !== undefined && event["for"] === undefined) {
    faults.push({ path: `${path}.for`, message: "received nothing, expected how long the operator is down" });
  }
  for (const field of ["actor", "reason"]) {
    if (event[field] === undefined || event["act"] !== undefined) continue;
    faults.push({ path: `${path}.${field}`, message: `received ${describe(event[field])}, expected it only with act` });
  }
  return [...faults, ...actFaults(event, path)];
}

/** What an act says beside who and why, and which act has to. */
const needs = { role: actsInRole, check: ["Waive"] } as const;
const mayHave: Readonly<Record<string, readonly Act[]>> = { ...needs, waitForGates: ["Promote"] };

function actFaults(event: Raw, path: string): ConfigFault[] {
  return Object.entries(mayHave).flatMap(([field, acts]) => {
    const isGiven = event[field] !== undefined;
    const isOfAct = acts.some((act) => act === event["act"]);
    const act = acts.join(" or ");
    if (isGiven === isOfAct || (isOfAct && !(field in needs))) return [];
    const expected = isGiven ? `expected it only with act ${act}` : `expected it with act ${act}`;
    return [{ path: `${path}.${field}`, message: `received ${describe(event[field])}, ${expected}` }];
  });
}

/** Whether what the event does can be undone after a while. */
function canEnd(event: Raw): boolean {
  const pods = asRecord(event["pods"]);
  if (event["pods"] !== undefined) return ["silent", "stuck", "lying", "sticky"].some((how) => how in pods);
  return ["traffic", "source", "destination", "namespace", "parity", "operator", "unreadable"].some(
    (action) => event[action] !== undefined,
  );
}
