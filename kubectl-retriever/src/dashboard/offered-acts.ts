// The acts as a page offers them: what each would do, the command it equals, and what stands in its way.
import { type Act, actsInRole, latchingActs, type MigrationActSpec } from "@retriever/crds/migration.ts";
import { checkNames } from "@retriever/crds/spec/checklist-spec.ts";
import { actCommands } from "#commands/act-commands.ts";
import { foreseeRefusal } from "#commands/acts/foresee-refusal.ts";
import { actDocument } from "#kube-client.ts";
import type { MigrationView } from "#output/migration-view.ts";
import { type MissingRights, rightKey } from "./rights.ts";

export type OfferedAct = {
  readonly command: string;
  readonly act: Act;
  readonly about: string;
  /** Rollback and Abort: one confirmation, and written before anything is asked. */
  readonly isRed: boolean;
  /** The right that the viewer lacks. */
  readonly missing: string | undefined;
  /** Why it would be refused as things stand. */
  readonly refusal: string | undefined;
  /** The command that does the same. */
  readonly equals: string;
};

/** Who looks, when (epoch ms), and the flags with which a command reaches the same cluster as the same user. */
type Viewer = { readonly you: string; readonly now: number; readonly flags: string };

/** Whether it is offered as a link. A red one always is: what is known of rights may be old, and the server decides. */
export function isPressable({ isRed, missing, refusal }: OfferedAct): boolean {
  return isRed || (missing === undefined && refusal === undefined);
}

/** Every verb, red ones first. */
export function offeredActs(view: MigrationView, missing: MissingRights, viewer: Viewer): readonly OfferedAct[] {
  return actCommands
    .map(({ command, act, about }): OfferedAct => {
      return {
        command,
        act,
        about,
        isRed: isRedAct(act),
        missing: missingOf(act, view, missing),
        refusal: refusalOf(act, view, viewer),
        equals: commandLine(command, view, viewer.flags),
      };
    })
    .toSorted((a, b) => Number(b.isRed) - Number(a.isRed) || rollbackFirst(a, b));
}

/** Rollback and Abort of a migration of which nothing can be read: they need nothing but its name. */
export function redActs(subject: Subject, flags: string): readonly OfferedAct[] {
  return actCommands
    .filter(({ act }) => isRedAct(act))
    .map(({ command, act, about }) => {
      const equals = commandLine(command, subject, flags);
      return { command, act, about, isRed: true, missing: undefined, refusal: undefined, equals };
    })
    .toSorted(rollbackFirst);
}

type Subject = { readonly namespace: string; readonly name: string };

function isRedAct(act: Act): boolean {
  return latchingActs.some((red) => red === act);
}

function rollbackFirst(a: OfferedAct, b: OfferedAct): number {
  return Number(b.act === "Rollback") - Number(a.act === "Rollback");
}

/** An approval or a denial can be given in any role that the viewer may act in. */
function missingOf(act: Act, view: MigrationView, missing: MissingRights): string | undefined {
  if (!actsInRole.includes(act)) return missing.get(rightKey(act));
  const lacking = rolesOf(view).map((role) => missing.get(rightKey(act, role)));
  return lacking.includes(undefined) ? undefined : [...new Set(lacking)].join(" or ");
}

/** Roles of the plan. */
export function rolesOf({ plan }: MigrationView): readonly string[] {
  return (plan?.checklist.approvals.roles ?? []).map(({ name }) => name);
}

/** As the command foresees it, with whatever the form asks for filled in: undefined where some way to fill it in works. */
function refusalOf(act: Act, view: MigrationView, { you, now }: Viewer): string | undefined {
  const { namespace, name, uid, status } = view;
  const variants: readonly Partial<MigrationActSpec>[] = actsInRole.includes(act)
    ? rolesOf(view).map((role) => ({ role }))
    : act === "Waive"
      ? checkNames.map((check) => ({ check }))
      : act === "RepairDrift"
        ? (status.verification?.runs ?? []).flatMap(({ result }) => result?.digest ?? []).map((digest) => ({ digest }))
        : [{}];
  if (variants.length === 0)
    return act === "RepairDrift" ? "no report says what to repair" : "the plan asks for no approvals";
  const common = { migration: { name, uid }, act, actor: you, reason: "a reason", planHash: status.planHash };
  const refusals = variants.map((variant) =>
    foreseeRefusal(actDocument(namespace, { ...common, ...variant }), view, now),
  );
  return refusals.includes(undefined) ? undefined : refusals.at(-1);
}

const options: Readonly<Partial<Record<Act, string>>> = {
  Approve: " --role ROLE",
  Deny: ' --role ROLE --reason "WHY"',
  Waive: ' --check CHECK --reason "WHY"',
  CompleteGuard: ' --reason "WHY"',
  Postmortem: " --file FILE",
  RepairDrift: " --digest DIGEST",
};

function commandLine(command: string, { name, namespace }: Subject, flags: string): string {
  const act = actCommands.find((one) => one.command === command)?.act;
  return `kubectl retriever ${command} ${name} -n ${namespace}${flags}${act === undefined ? "" : (options[act] ?? "")}`;
}
