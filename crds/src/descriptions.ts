// What `kubectl explain` says about the fields, by path. A path that isn't in the schema fails the generation.
// Here stand the nodes and the fields that stand alone; the leaves below them have files of their own.
import { actFieldDescriptions, specFieldDescriptions } from "./spec-field-descriptions.ts";
import { statusFieldDescriptions } from "./status-field-descriptions.ts";

/** Fields of RetrieverMigration. */
export const migrationDescriptions: Readonly<Record<string, string>> = {
  spec: "What should move where. Two fields are enough: target and destination.",
  "spec.target": "The workload whose pods move; they carry the container retriever-sidecar. Immutable once started.",
  "spec.destination":
    "The store to move to. Credentials by reference only; they are resolved in the pods. Immutable once started.",
  "spec.destination.timeoutMs": "Deadline of one request to the store, in milliseconds.",
  "spec.mode": "Migrate, or Validate: dual read only, ends in the phase Validated.",
  "spec.validate": "Of mode Validate.",
  "spec.writes": "Which stores the application writes to; decides what a stale way back means.",
  "spec.requestedBy": "Who asked for it; that person can't approve it where four eyes are required.",
  "spec.stages[].untilPeak":
    "The stage lasts until this time of a day was sampled from beginning to end: a region's peak.",
  "spec.checklist":
    "Checks before anything changes. A check that can't be made is Unknown and blocks; Skip leaves it out openly.",
  "spec.stages": "The ramp. Rates rise strictly; a stage ends when its time has passed and every gate passes.",
  "spec.thresholds":
    "Limits of harm: the destination worse than the source. Each says what a breach does before and after the cutover.",
  "spec.thresholds.scoreDelta":
    "Share of samples whose top similarity is lower by more than limit; the mean loss is held to limit as well.",
  "spec.thresholds.latencyDelta": "Share of samples answered slower by at least limitMs.",
  "spec.thresholds.mismatch": "Share of samples with another top result, over the baseline of the warm-up.",
  "spec.thresholds.overlap": "Least share of chunks in both answers, on average over the samples.",
  "spec.thresholds.shadowErrors": "Share of samples that the destination failed, timeouts included.",
  "spec.thresholds.livePrimary": "The new primary against the baseline, over all requests, from the cutover on.",
  "spec.gates": "Over which span gates are judged, and how long a stage lasts at least.",
  "spec.cutover": "How the destination becomes primary.",
  "spec.cutover.hold": "Wait for a MigrationAct Promote even though every gate passes.",
  "spec.cutover.freezeDeploys":
    "Refuse other pods and another base for the workload while it cuts over. Needs the admission policies of the chart.",
  "spec.cutover.shadowSampleRate": "Share of requests that also ask the old store after the cutover.",
  "spec.cutover.ackTimeout": "How long every pod may take to acknowledge a change before the cutover is taken back.",
  "spec.guard": "The watch after the cutover.",
  "spec.guard.duration": "Healthy time needed; time without observation doesn't count.",
  "spec.guard.deadline": "When to call a person; the guard never ends unproved.",
  "spec.guard.then": "What becomes of the dual read afterwards. RepointShadow starts the migration named in next.",
  "spec.rollback": "When the operator goes back by itself after the cutover.",
  "spec.rollback.sustainedFor": "How long the alert's condition must hold without a gap.",
  "spec.rollback.maxStaleness": "How old the source's newest data may be for the way back to count as ready.",
  "spec.deletionPolicy":
    "What deleting it in CuttingOver or Guard means; before the cutover it always means the source.",
  "spec.communications": "Whom to tell, and when the postmortem is due.",
  "spec.metrics": "Where the evidence comes from: Sidecars, or the name of a Prometheus the administrator configured.",
  ...specFieldDescriptions,
  status: "Everything the operator remembers. Written by the operator alone.",
  "status.phase": "Where it is, for people. Conditions are for programs.",
  "status.message": "Why it isn't moving, and what would move it.",
  "status.epoch": "Number of the configuration in force; it never falls.",
  "status.planHash": "Hash of the accepted plan.",
  "status.revision": "What the sidecars are told.",
  "status.gates": "The verdict of every gate with what it rests on: value, interval over all looks, samples, limit.",
  "status.dispersion": "How far bad samples come in bursts: sums over the windows of the epoch.",
  "status.acks": "Which pods have the configuration in force.",
  "status.guard": "The guard's clocks, in seconds. Only healthy time counts.",
  "status.rollback": "Set once and never removed: why and when it went back.",
  "status.history": "The last 20 steps.",
  ...statusFieldDescriptions,
};

/** Fields of MigrationAct. */
export const migrationActDescriptions: Readonly<Record<string, string>> = {
  spec: "Immutable. What is wrong is not corrected: another act follows.",
  "spec.migration": "The migration, by name and UID: an act never reaches a later one of the same name.",
  "spec.act":
    "Approve, Waive (one check that is Unknown), Pause, Resume, Promote (cut over), Abort and Rollback (both latch), Postmortem (after a rollback).",
  "spec.role": "Role in which it is done; an Approve needs one.",
  "spec.check": "The check that a Waive is about.",
  "spec.text": "The postmortem: root cause, metrics, remediation.",
  "spec.planHash": "The plan it was decided on; another plan makes it void. An Approve needs it.",
  "spec.expires": "After this instant it has no effect.",
  "spec.actor": "The requesting user.",
  "spec.reason": "Why, for whoever reads the history. A Waive needs it.",
  ...actFieldDescriptions,
};
