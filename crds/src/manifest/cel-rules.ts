// The rules that the API server enforces on every write, and the nodes they stand on.
// They run on updates by anybody, the operator included: a fault of ours can't persist an illegal transition.

import { actsInRole, actsWithReason, latchingActs } from "#migration.ts";
import { expectedValues } from "#policy/policy-spec.ts";
import { specRules } from "#spec/spec-rules.ts";
import { finalPhases, legalSteps } from "#status/phase-steps.ts";

export type CelRule = {
  /** Dotted path of the node, empty for the root; `self` is its value. */
  readonly at: string;
  readonly rule: string;
  readonly message: string;
};

function quoted(names: readonly string[]): string {
  return `[${names.map((name) => `'${name}'`).join(", ")}]`;
}

const started =
  "has(oldSelf.status) && ((has(oldSelf.status.epoch) && oldSelf.status.epoch > 0) || (has(oldSelf.status.planHash) && oldSelf.status.planHash != ''))";

const legalStepTerms = Object.entries(legalSteps)
  .filter(([, next]) => next.length > 0)
  .map(([from, next]) => `(oldSelf.phase == '${from}' && self.phase in ${quoted(next)})`)
  .join(" || ");

const rootRules: readonly CelRule[] = [
  {
    at: "",
    rule: "!has(oldSelf.status) || has(self.status)",
    message: "the status never vanishes: it is all the operator remembers",
  },
  {
    at: "",
    rule: `!(${started}) || self.spec.target == oldSelf.spec.target`,
    message: "spec.target can't change once the migration has started: delete it and create another",
  },
  {
    at: "",
    rule: `!(${started}) || self.spec.destination == oldSelf.spec.destination`,
    message: "spec.destination can't change once the migration has started: delete it and create another",
  },
];

const statusRules: readonly CelRule[] = [
  {
    at: "status",
    rule: "!has(oldSelf.epoch) || (has(self.epoch) && self.epoch >= oldSelf.epoch)",
    message: "the epoch never falls",
  },
  {
    at: "status",
    rule: "!has(oldSelf.rollback) || has(self.rollback) || (oldSelf.phase in ['RollingBack', 'VerifyingDrift'] && self.phase == 'AwaitingCutover' && has(self.takenBack) && self.takenBack.at == oldSelf.rollback.at)",
    message: "a rollback is latched: status.rollback can't be removed, but where it becomes status.takenBack",
  },
  {
    at: "status",
    rule: `!has(oldSelf.phase) || !(oldSelf.phase in ${quoted(finalPhases)}) || (has(self.phase) && self.phase == oldSelf.phase)`,
    message: "a final phase is final: a finished migration never runs again",
  },
  {
    at: "status",
    rule: `!has(oldSelf.phase) || !has(self.phase) || self.phase == oldSelf.phase || oldSelf.phase in ${quoted(finalPhases)} || ${legalStepTerms}`,
    message: "no such step between phases",
  },
  {
    at: "status",
    rule: "!has(self.conditions) || !self.conditions.exists(c, c.type == 'GuardPassed' && c.status == 'True') || self.conditions.exists(c, c.type == 'CutOver' && c.status == 'True')",
    message: "GuardPassed needs CutOver",
  },
];

/** Rules of RetrieverMigration. */
export const migrationRules: readonly CelRule[] = [
  ...rootRules,
  ...specRules.map(({ field, at, rule, message }) => ({ at: at ?? `spec.${field}`, rule, message })),
  ...statusRules,
];

/** Rules of MigrationAct. */
export const migrationActRules: readonly CelRule[] = [
  { at: "spec", rule: "self == oldSelf", message: "an act can't be changed: create another one" },
  {
    at: "spec",
    rule: "self.act != 'Waive' || has(self.check)",
    message: "expected check, the name of the check that is waived",
  },
  {
    at: "spec",
    rule: `!(self.act in ${quoted(actsInRole)}) || (has(self.role) && has(self.planHash))`,
    message: "expected role and planHash: an approval or denial is given in a role, for one plan",
  },
  {
    at: "spec",
    rule: "self.act != 'Postmortem' || (has(self.text) && size(self.text) > 0)",
    message: "expected text: the postmortem itself",
  },
  {
    at: "spec",
    rule: `!(self.act in ${quoted(actsWithReason)}) || (has(self.reason) && size(self.reason) > 0)`,
    message: "expected a reason: Deny holds everybody up, Waive and CompleteGuard let pass what was not proved",
  },
  {
    at: "spec",
    rule: `has(self.migration.uid) || self.act in ${quoted(latchingActs)}`,
    message: "expected migration.uid: only an Abort or Rollback is taken by the migration's name alone",
  },
  {
    at: "spec",
    rule: "has(self.digest) == (self.act == 'RepairDrift')",
    message: "expected digest, that of the report to be repaired, of a RepairDrift and of nothing else",
  },
  {
    at: "spec",
    rule: "!has(self.waitForGates) || !self.waitForGates || self.act == 'Promote'",
    message: "expected waitForGates of a Promote alone: nothing else waits for gates",
  },
];

/** Rules of RetrieverMigrationPolicy. */
export const migrationPolicyRules: readonly CelRule[] = [
  {
    at: "spec.namespaceSelector.matchExpressions[]",
    rule: "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
    message: expectedValues,
  },
];
