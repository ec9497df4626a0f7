// People act through objects: each command creates one immutable MigrationAct.
import { type Act, type MigrationActSpec, promoteWait } from "@retriever/crds/migration.ts";
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import type { KubeClient } from "#kube-client.ts";
import { exitCodes } from "#output/exit-codes.ts";
import { type MigrationView, viewMigration } from "#output/migration-view.ts";
import type { Terminal } from "#output/terminal.ts";

export type ActOptions = {
  readonly role?: string;
  readonly check?: string;
  /** Epoch ms. */
  readonly expiresAt?: number;
  /** The postmortem itself. */
  readonly text?: string;
  /** A Promote waits for what blocks the cutover. */
  readonly waitForGates?: boolean;
  /** The user name, given instead of typed. */
  readonly yesIAm?: string;
};

type ActRequest = ActOptions & {
  readonly namespace: string;
  readonly name: string;
  readonly act: Act;
  readonly reason: string;
};

/** Creates the act for the migration as it is now, by uid: one created anew under the same name isn't meant. */
export async function createAct(
  asked: ActRequest,
  client: KubeClient,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const { namespace, name, act, reason } = asked;
  const [raw, actor] = await Promise.all([client.readMigration(namespace, name, signal), client.whoAmI(signal)]);
  const view = viewMigration(raw);
  const refusal =
    refuseAct(asked, view, actor) ??
    (act === "Approve" ? await refuseStranger(asked, view, actor, terminal) : undefined);
  if (refusal !== undefined) {
    terminal.warn(`refused: ${refusal}`);
    return exitCodes.refused;
  }
  const spec = { migration: { name, uid: view.uid }, act, actor, reason, ...specOf(asked, view) };
  const created = await client.createAct(namespace, spec, signal);
  terminal.print(`migrationact/${created} created: ${act} ${namespace}/${name} by ${actor}`);
  if (act === "Promote") terminal.print(promises(asked, view));
  return exitCodes.ok;
}

/** What comes of a Promote, so that nobody takes its creation for a cutover. */
function promises({ waitForGates, expiresAt }: ActRequest, { status }: MigrationView): string {
  if (status.phase === "Pending") return "The plan that was rolled back before may begin again.";
  if (waitForGates !== true)
    return "It cuts over at once, or an event says why not; it isn't kept for later. --wait-for-gates waits.";
  const until =
    expiresAt === undefined ? `for ${promoteWait.defaultHours}h` : `until ${new Date(expiresAt).toISOString()}`;
  return `It waits ${until} for what blocks the cutover, and an event says how that ends.`;
}

function refuseAct({ namespace, name, act }: ActRequest, { status }: MigrationView, actor: string): string | undefined {
  const { phase, planHash } = status;
  if (act === "Postmortem") return refusePostmortem(phase, actor);
  if (isFinalPhase(phase) && !isOfEnd(phase, act)) {
    return `${namespace}/${name} is ${phase}; a finished migration never runs again`;
  }
  if (actor === "") return "neither the API server nor the kubeconfig says who you are; an act needs an actor";
  if (act === "Promote" && !promoted.includes(phase))
    return `${namespace}/${name} is ${phase}; Promote is taken in AwaitingCutover, when the evidence is there`;
  return act === "Approve" && planHash === "" ? `${namespace}/${name} has no accepted plan to approve yet` : undefined;
}

/** Where a Promote has something to let go on: the cutover, or a plan that was rolled back before. */
const promoted: readonly Phase[] = ["AwaitingCutover", "Pending"];

/** A completed migration can still go back; corrections after a late rollback are closed by a waiver of parity. */
function isOfEnd(phase: Phase, act: Act): boolean {
  return (phase === "Completed" && act === "Rollback") || (phase === "RolledBack" && act === "Waive");
}

function refusePostmortem(phase: Phase, actor: string): string | undefined {
  if (actor === "") return "neither the API server nor the kubeconfig says who you are; an act needs an actor";
  return phase === "RolledBack" ? undefined : `the phase is ${phase}; a postmortem follows a rollback`;
}

/** An approval is worth what its name is worth: whoever gives it says who he is. */
async function refuseStranger(
  { namespace, name, role, yesIAm }: ActRequest,
  { status }: MigrationView,
  actor: string,
  terminal: Terminal,
): Promise<string | undefined> {
  if (yesIAm !== undefined)
    return yesIAm === actor ? undefined : `--yes-i-am says ${yesIAm}, the API server says ${actor}`;
  if (terminal.ask === undefined) return `nobody can be asked here; approve with --yes-i-am ${actor}`;
  const question = `You approve plan ${status.planHash} of ${namespace}/${name} as ${role}. Type your user name, ${actor}: `;
  const answer = await terminal.ask(question);
  return answer.trim() === actor ? undefined : "that is not your user name; nothing was approved";
}

function specOf(
  { act, role, check, text, expiresAt, waitForGates }: ActRequest,
  { status }: MigrationView,
): Partial<Pick<MigrationActSpec, "role" | "check" | "text" | "planHash" | "expires" | "waitForGates">> {
  return {
    ...(role === undefined ? {} : { role }),
    ...(check === undefined ? {} : { check }),
    ...(text === undefined ? {} : { text }),
    ...(waitForGates === undefined ? {} : { waitForGates }),
    ...(act === "Approve" ? { planHash: status.planHash } : {}),
    ...(expiresAt === undefined ? {} : { expires: new Date(expiresAt).toISOString() }),
  };
}
