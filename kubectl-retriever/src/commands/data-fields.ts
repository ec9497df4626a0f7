// What commands print as data, field by field, for the page of the command line. Of objects of the API the API's own page
// tells. The types hold each list to what is printed.

import type { Forecast } from "#forecast/forecast.ts";
import type { MigrationEvent } from "#kube-client.ts";
import type { Outcome } from "#rehearse/outcome.ts";
import type { DecisionEntry, EventEntry } from "#rehearse/rehearsal.ts";
import type { endOf, Title } from "#rehearse/render-text.ts";
import type { CheckDocument } from "./check/check-cluster.ts";
import type { TargetDocument } from "./check/check-target.ts";
import type { versionsDocument } from "./check/version.ts";
import type { LintedDocument } from "./offline/lint.ts";

type Fields<T> = Readonly<Record<keyof T, string>>;
type Dated = { readonly at: string };

const lint: Fields<LintedDocument> = {
  file: "the file as it was given",
  line: "where the document begins",
  kind: "its kind",
  namespace: "its namespace; absent in scenarios and what can't be read",
  name: "its name; absent there as well",
  ok: "true: nothing refuses it",
  faults: "what refuses it: path, message, line",
  warnings: "what doesn't: path, message, line",
};

const plan: Fields<Forecast & { kind: 0; namespace: 0; name: 0; plan: 0; refused: 0; checks: 0; warnings: 0 }> = {
  kind: "`forecast`",
  namespace: "of the migration",
  name: "of the migration",
  plan: "hash of the plan, as in `status.planHash`",
  refused: "with --policy: what policies refuse",
  checks: "each check with its policy, and who decided that",
  warnings: "what can never be answered",
  requestsPerSecond: "the least and the most of a day",
  stages: "each stage: its rate, how long it takes, samples, gates, and a problem where it doesn't end by its deadline",
  guard: "the guard likewise; null for a plan that only validates",
  validateSeconds: "how long such a plan samples; null otherwise",
  lowerBoundSeconds: "from start to end with everybody there at once; null: never",
  watches: "how long after its beginning each kind of harm is acted on",
  tooThin: "what is never seen at this traffic, a sentence each",
};

const decision: Fields<DecisionEntry & Dated> = {
  kind: "`decision`",
  at: "virtual time since the start, for people",
  seconds: "the same in seconds",
  phase: "phase after it",
  epoch: "number of the configuration after it",
  stage: "stage after it, from 1; null before the first",
  reason: "why, as one word",
  message: "why, as a sentence",
  primary: "who serves",
  shadow: "who is asked beside it",
  sampleRate: "share of requests that ask both",
  effects: "what was done",
  announcements: "what people were told",
  moved: "true: a step; false: it only says otherwise why it stays",
};

const event: Fields<EventEntry & Dated> = {
  kind: "`event`: something that the scenario did",
  at: decision.at,
  seconds: decision.seconds,
  phase: "phase in which it happened",
  what: "what, as a sentence",
  ends: "true: it is over",
};

const title: Fields<Title> = {
  name: "of the migration",
  namespace: "of the migration",
  scenario: "the scenario that was played",
  shows: "what it shows, a sentence",
  seed: "the seed, of several the first",
  traffic: "where the traffic is from, where not from the scenario; else absent",
};

const end: Fields<ReturnType<typeof endOf>> = {
  kind: "`end`: the last line",
  at: decision.at,
  seconds: decision.seconds,
  ending: "`ended`; `waiting` for a person; `unfinished` when the scenario's time was up; `gone`: deleted",
  phase: "the last phase",
  reason: "of the last step, as one word",
  message: "why it stands there, as a sentence",
  summary: "how it ended and when, a sentence",
  reconciles: "how often it was decided",
  unreached: "events of the scenario that never came",
  ...title,
};

const run: Fields<Outcome & { kind: 0 }> = {
  kind: "`run`: one of several",
  seed: "its seed",
  phase: end.phase,
  ending: end.ending,
  reason: end.reason,
  causes: "of harm or a rollback, the most severe first",
  seconds: "from `since` to the decision that led to this ending",
  since: "what the scenario did when that time began; null: its start",
};

const endings: Fields<Title & { kind: 0; runs: 0; endings: 0 }> = {
  kind: "`endings`: the last line of several runs",
  runs: "how many were played",
  endings:
    "each ending, the most frequent first: phase, ending, reason, runs, share with its 95 % interval, median and 95th percentile of the time, since, causes, and the seed of its first run",
  ...title,
};

const events: Fields<MigrationEvent> = {
  name: "of the Event object",
  at: "when it was told last",
  type: "`Normal` or `Warning`",
  reason: "why, as one word",
  message: "why, as a sentence",
  count: "how often",
};

const version: Fields<ReturnType<typeof versionsDocument>> = {
  client: "`version` of this program",
  server: "`version` of the API server; null: not known",
  definitions:
    "fields that are `missing` from the API server's, and that are `unknown` to this program; null: not known",
  operators: "each operator that keeps a lease, and whether it leads; null: not known",
  sidecars: "versions by pods, each with an example; null: not known",
  skew: "what doesn't belong together, a sentence each",
  unreadable: "which of these parts couldn't be read, and why",
};

const check: Fields<CheckDocument> = {
  ...version,
  cluster: "address of the API server",
  migrations: "how many are under way, a line each",
  approvalsCount: "whether it is proved who acts; null: not known",
  faults: "what is unfit, a sentence each",
};

const target: Fields<TargetDocument> = {
  target: "kind, namespace and name",
  ready: "true: nothing is missing",
  items: "each with name, state (`ok`, `missing`, `unknown`), message, and a remedy where it is missing",
};

/** By command. */
export const dataFields: readonly (readonly [command: string, fields: Readonly<Record<string, string>>])[] = [
  ["lint", lint],
  ["plan", plan],
  ["rehearse, a decision", decision],
  ["rehearse, an event", event],
  ["rehearse, its end", end],
  ["rehearse --runs, a run", run],
  ["rehearse --runs, its end", endings],
  ["events", events],
  ["version", version],
  ["check", check],
  ["check --for", target],
];
