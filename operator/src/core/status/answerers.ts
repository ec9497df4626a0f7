// Who or what answers a question that is open: the operator by itself, time, the pods, or a person, and by which command.
import { verifyTemplateName } from "@retriever/sidecar/contract/names.ts";
import { sidecarSource } from "../checks/alerts.ts";
import { planDamaged } from "../model/accepted-plan.ts";
import type { Context } from "../model/context.ts";
import type { Standing } from "../model/decision.ts";
import type { Fact } from "../model/status-readings.ts";

/** What is asked, and what stands against it. */
export type Open = { readonly name: string; readonly result: Fact };

/** Reason of a migration whose accepted plan can't be read. */

type Answer = (c: Context, open: Open) => string;

/** One line, such as `people in the role sre-on-call: kubectl retriever approve docs -n search --role ROLE`. */
export function answererOf(c: Context, open: Open, standing: Standing): string {
  const { reason } = open.result;
  const special = byReason[reason] ?? byName[open.name];
  if (special !== undefined) return special(c, open);
  return standing === "working" ? "the operator and the pods, by themselves" : "whoever mends what it says";
}

/** Where no plan says anything. */
export function answererOfUnreadable(reason: string): string {
  return reason === planDamaged ? "whoever restores that plan, or its spec" : "the author of the manifest";
}

function command(verb: string, { meta: { name, namespace } }: Context, more = ""): string {
  return `kubectl retriever ${verb} ${name} -n ${namespace}${more}`;
}

const byItself: Answer = () => "the operator, by itself";
const administrator: Answer = () => "an administrator of the cluster";
const people: Answer = (c) => {
  const roles = c.plan.checklist.approvals.roles.map(({ name }) => name);
  const who = `people in the ${roles.length === 1 ? "role" : "roles"} ${roles.join(", ")}`;
  return `${who}: ${command("approve", c, " --role ROLE")}`;
};
const waiver = (c: Context, { name, result }: Open): string =>
  result.status === "Unknown" ? `, or a person: ${command("waive", c, ` --check ${name} --reason WHY`)}` : "";
const verifier = ({ plan }: Context): string => verifyTemplateName(plan.target.name);

/** What a reason says of it goes before what the check is. */
const byReason: Readonly<Record<string, Answer>> = {
  [planDamaged]: () => answererOfUnreadable(planDamaged),
  Paused: (c) => `a person: ${command("resume", c)}`,
  NotObserved: () => "the operator, once it can read that",
  TooManyMigrations: () => "the migrations that it names, once they are over",
  WaitsForPredecessor: byItself,
  NotCompared: byItself,
  Testing: byItself,
  CopyDue: byItself,
  Copying: byItself,
  Comparing: (c) => `a Job of CronJob ${verifier(c)}`,
  CopyNotApproved: people,
  SyncDue: byItself,
  SyncWaits: byItself,
  SyncPending: byItself,
  SyncStarting: byItself,
  SyncRemoves: byItself,
  SyncUnverified: byItself,
  SyncNotApproved: people,
  IdentityNotProved: administrator,
  IdentityNotObserved: administrator,
  Denied: (c) => `whoever denied: ${command("approve", c, " --role ROLE")}`,
  CorrectionsOpen: (c) =>
    `whoever brings them back, then a person: ${command("waive", c, " --check parity --reason WHY")}`,
  Retryable: (c) => `a person: ${command("retry", c)}`,
};

const byName: Readonly<Record<string, Answer>> = {
  spec: () => "the author of the manifest",
  target: ({ plan, meta }) =>
    `whoever deploys it: kubectl retriever check --for deployment/${plan.target.name} -n ${meta.namespace} lists what is missing`,
  claim: () => "the other migration, once it is settled, rolled back or deleted",
  overlay: () => "whoever deploys the target",
  pods: () => "whoever deploys the target: its sidecars have to answer",
  policy: () => "the author of the manifest, or an administrator of the cluster",
  repetition: (c) => `a person: ${command("promote", c)}`,
  copy: () => "whoever installs or mends the copy's CronJob; it is tried again by itself",
  sync: () => "whoever installs or mends the sync's CronJob, or the stores; it is tried again by itself",
  reachable: () => "each pod, at its next probe",
  parity: (c, open) =>
    open.result.status === "False"
      ? `whoever fills the destination; compared again after ${c.plan.checklist.parity.recheck}`
      : `whoever installs CronJob ${verifier(c)}${waiver(c, open)}`,
  alerts: (c, open) => {
    const { source } = c.plan.metrics;
    return source === sidecarSource
      ? "the pods, once they answer"
      : `whoever runs Prometheus ${source}${waiver(c, open)}`;
  },
  approvals: people,
  window: () => "time",
  staging: (c, open) => `a migration of mode Validate that spec.checklist.staging names${waiver(c, open)}`,
  smokeTests: (c, open) =>
    open.result.status === "False"
      ? `whoever mends it; tested again after ${c.plan.checklist.smokeTests.timeout}`
      : `whoever installs the CronJobs that spec.checklist.smokeTests names${waiver(c, open)}`,
  rollbackPath: () => "the source and the pods, once they answer",
  gates: () => "the next samples",
  promotion: (c) => `a person: ${command("promote", c, " --reason WHY")}`,
};
