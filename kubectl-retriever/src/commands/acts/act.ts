// People act through objects: each command creates one immutable MigrationAct, and says what the operator makes of it.
import { type Act, actsInRole, type MigrationActSpec } from "@retriever/crds/migration.ts";
import { asOperatorError, hasCode, OperatorError } from "@retriever/operator/errors.ts";
import { droppedFields } from "@retriever/operator/kube/dropped-fields.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { describeNone, findMigration } from "#find-migration.ts";
import { type ActDocument, actDocument, type KubeClient, type MigrationEvent } from "#kube-client.ts";
import type { ReachedCluster } from "#output/cluster-word.ts";
import { type Form, printDocument } from "#output/documents.ts";
import { exitCodes } from "#output/exit-codes.ts";
import type { MigrationView } from "#output/migration-view.ts";
import type { Terminal } from "#output/terminal.ts";
import { awaitAnswer } from "./await-answer.ts";
import { refuseStranger, refuseUnsure } from "./confirm-act.ts";
import { foreseeRefusal, refuseRights, whatWorks } from "./foresee-refusal.ts";

export type ActOptions = {
  readonly role?: string;
  readonly check?: string;
  /** Of the report that is to be repaired. */
  readonly digest?: string;
  /** Epoch ms. */
  readonly expiresAt?: number;
  /** The postmortem itself. */
  readonly text?: string;
  /** A Promote waits for what blocks the cutover. */
  readonly waitForGates?: boolean;
  /** As it was when somebody made up his mind: another migration of that name, or another plan, isn't meant. */
  readonly seen?: { readonly uid: string; readonly planHash: string };
  /** The user name, given instead of typed. */
  readonly yesIAm?: string;
  /** Nothing is asked. */
  readonly yes: boolean;
  /** Whether to wait for the operator's answer, and for how long, in ms. */
  readonly wait: boolean;
  readonly timeoutMs: number;
  readonly dryRun?: "client" | "server";
  readonly output?: Form;
};

export type ActRequest = ActOptions & {
  readonly namespace: string;
  readonly name: string;
  readonly act: Act;
  readonly reason: string;
};

type ActTools = {
  readonly client: KubeClient;
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** Where it is written. */
  readonly cluster: ReachedCluster;
};

/**
 * Creates the act and waits for the answer. A Rollback or Abort is written first, by name, and checked after: nothing
 * that fails on the way keeps it from the operator. Everything else is checked first, and is for the migration as it is
 * now, by UID: one created anew under the same name isn't meant.
 */
export async function createAct(asked: ActRequest, tools: ActTools, signal: AbortSignal): Promise<number> {
  const refusal = await refuseUnsure(asked, tools);
  if (refusal !== undefined) return refuse(refusal, tools.terminal);
  // A dry run keeps nothing from the operator: it is checked like any other.
  const isRed = (asked.act === "Rollback" || asked.act === "Abort") && asked.dryRun === undefined;
  return isRed ? writeFirst(asked, tools, signal) : checkFirst(asked, tools, signal);
}

async function writeFirst(asked: ActRequest, tools: ActTools, signal: AbortSignal): Promise<number> {
  const created = await writeRed(asked, tools, signal);
  return orUnread(asked, created, { ...tools, signal }, async () => {
    const inVain = await whyInVain(asked, created, tools, signal);
    return inVain === undefined ? answer(asked, created, tools, signal) : refuse(inVain, tools.terminal);
  });
}

/**
 * By the kubeconfig's name where the server doesn't say who asks. Where that isn't the user's, admission refuses it: then
 * the server is asked once more. So a question that fails or hangs keeps no rollback from the operator.
 */
async function writeRed(asked: ActRequest, tools: ActTools, signal: AbortSignal): Promise<ActDocument> {
  const { whoAmI, userName } = tools.client;
  const by = (actor: string) => writeByName(asked, actor, tools, signal);
  const said = await whoAmI(signal).catch((fault: unknown) => {
    if (signal.aborted) throw fault;
    return undefined;
  });
  if (said !== undefined) return by(said);
  try {
    return await by(userName);
  } catch (fault) {
    if (!hasCode(fault, "ROP_FORBIDDEN") && !hasCode(fault, "ROP_INVALID")) throw fault;
    const late = await whoAmI(signal).catch(() => userName);
    if (late === userName) throw fault;
    return by(late);
  }
}

/** Definitions of releases before this one take no act without the UID: only there is the migration read first. */
async function writeByName(
  asked: ActRequest,
  actor: string,
  tools: ActTools,
  signal: AbortSignal,
): Promise<ActDocument> {
  const { namespace, name, act, reason } = asked;
  const on = (migration: MigrationActSpec["migration"]): Promise<ActDocument> =>
    write(asked, actDocument(namespace, { migration, act, actor, reason, ...specOf(asked, "") }), tools, signal);
  try {
    return await on({ name });
  } catch (fault) {
    if (fault instanceof OperatorError && fault.details["absent"] === "namespace")
      throw await noSuch(asked, tools.client, fault, signal);
    if (!hasCode(fault, "ROP_INVALID")) throw fault;
    const uid = await uidOf(asked, tools.client, signal);
    if (uid === undefined) throw fault;
    return on({ name, uid });
  }
}

/** Undefined where it can't be read; throws where there is none. */
async function uidOf(
  { namespace, name }: ActRequest,
  client: KubeClient,
  signal: AbortSignal,
): Promise<string | undefined> {
  const read = client.readMigration(namespace, name, signal) as Promise<{
    readonly metadata?: { readonly uid?: string };
  }>;
  try {
    return (await read).metadata?.uid;
  } catch (fault) {
    if (!hasCode(fault, "ROP_NOT_FOUND")) return undefined;
    throw await noSuch({ namespace, name }, client, fault, signal);
  }
}

async function noSuch(
  { namespace, name }: Pick<ActRequest, "namespace" | "name">,
  client: KubeClient,
  cause: unknown,
  signal: AbortSignal,
): Promise<OperatorError> {
  return new OperatorError("ROP_NOT_FOUND", await describeNone(client, { namespace, name }, signal), { cause });
}

/** Why an act that was written unseen changes nothing. */
async function whyInVain(
  { namespace, name, act }: ActRequest,
  created: ActDocument,
  { client, clock }: ActTools,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const view = await findMigration(client, namespace, name, signal);
    return view.status.acts?.latched === undefined ? foreseeRefusal(created, view, clock.now()) : undefined;
  } catch (fault) {
    if (!hasCode(fault, "ROP_NOT_FOUND")) throw fault;
    const own = String(created.metadata.name);
    const left = await client.deleteAct(created, signal).then(
      () => "the act was deleted again",
      () =>
        `the act lies there for nothing until somebody deletes it: kubectl delete migrationact ${own} -n ${namespace}`,
    );
    return `${act} has no effect: ${(fault as Error).message} (${left})`;
  }
}

/** What follows a written act: that it can't be read what comes of it is no failure, and no refusal, of the act. */
async function orUnread(
  { namespace, name }: ActRequest,
  { metadata }: ActDocument,
  { terminal, signal, cluster }: ActTools & { readonly signal: AbortSignal },
  follow: () => Promise<number>,
): Promise<number> {
  try {
    return await follow();
  } catch (fault) {
    if (signal.aborted) throw fault;
    const { code, message } = asOperatorError(fault);
    terminal.warn(
      `migrationact/${metadata.name} is written, and counts once an operator has looked at it; what comes of it can't be read: ${code}: ${message}`,
    );
    terminal.warn(`kubectl retriever status ${name} -n ${namespace}${cluster.flags} shows it, once it can be read`);
    return exitCodes.timeOut;
  }
}

async function checkFirst(asked: ActRequest, tools: ActTools, signal: AbortSignal): Promise<number> {
  const { client, terminal, clock, cluster } = tools;
  const { namespace, name, act, reason } = asked;
  const [view, actor, before] = await Promise.all([
    findMigration(client, namespace, name, signal),
    client.whoAmI(signal),
    asked.wait ? client.listEvents({ namespace, name }, signal).catch(() => []) : [],
  ]);
  const spec = { migration: { name, uid: view.uid }, act, actor, reason, ...specOf(asked, view.status.planHash) };
  const document = actDocument(namespace, spec);
  const foreseen = foreseeRefusal(document, view, clock.now());
  if (foreseen !== undefined) return refuse(foreseen, terminal, whatWorks(document, view, cluster.flags));
  const refusal =
    refuseOther(asked, view) ??
    (await refuseRights(document, client, signal)) ??
    (act === "Approve" && asked.dryRun === undefined ? await refuseStranger(asked, view, actor, tools) : undefined);
  if (refusal !== undefined) return refuse(refusal, terminal);
  const created = await write(asked, document, tools, signal);
  if (asked.dryRun !== undefined) return exitCodes.ok;
  return orUnread(asked, created, { ...tools, signal }, () => answer({ ...asked, before }, created, tools, signal));
}

function refuseOther({ seen }: ActRequest, { uid, status }: MigrationView): string | undefined {
  if (seen === undefined) return undefined;
  if (seen.uid !== uid) return "it is another migration of the same name by now";
  return seen.planHash === status.planHash ? undefined : `its plan is ${status.planHash} by now, not ${seen.planHash}`;
}

/** Sends it, unless only a look was asked for, and prints what lies there now. */
async function write(asked: ActRequest, act: ActDocument, tools: ActTools, signal: AbortSignal): Promise<ActDocument> {
  const { dryRun, output, namespace, name } = asked;
  const created = dryRun === "client" ? act : await send(asked, act, tools, signal);
  const dropped = droppedFields(act.spec, created.spec, "spec");
  if (dropped.length > 0)
    tools.terminal.warn(
      `the API server left out ${dropped.join(", ")}: its CustomResourceDefinition is older than this program; install the one of this release`,
    );
  const { print, data } = tools.terminal;
  if (output !== undefined) data(await printDocument(created, output));
  else {
    const would = dryRun === undefined ? "created" : `would be created (${dryRun} dry run)`;
    print(
      `migrationact/${created.metadata.name ?? String(act.metadata["generateName"])} ${would}: ${act.spec.act} ${namespace}/${name} by ${act.spec.actor}`,
    );
  }
  return created;
}

/** What wasn't answered in time may lie there all the same. */
async function send(
  { dryRun, namespace }: ActRequest,
  act: ActDocument,
  { client, terminal, cluster }: ActTools,
  signal: AbortSignal,
): Promise<ActDocument> {
  try {
    return await client.createAct(act, dryRun === "server", signal);
  } catch (fault) {
    if (dryRun === undefined && hasCode(fault, "ROP_DEADLINE_EXCEEDED"))
      terminal.warn(
        `it isn't known whether the ${act.spec.act} was written: kubectl get migrationacts -n ${namespace}${cluster.flags} lists what was`,
      );
    throw fault;
  }
}

type Waiting = ActRequest & { readonly before?: readonly MigrationEvent[] };

async function answer(asked: Waiting, act: ActDocument, tools: ActTools, signal: AbortSignal): Promise<number> {
  const { terminal, cluster } = tools;
  const { namespace, name, timeoutMs, before = [] } = asked;
  if (!asked.wait) return exitCodes.ok;
  const answered = await awaitAnswer({ namespace, name, act, before }, tools, { timeoutMs, signal });
  switch (answered.kind) {
    case "taken":
      terminal.warn(`taken: ${answered.message || `${act.spec.act} by ${act.spec.actor}`}`);
      return exitCodes.ok;
    case "refused":
      return refuse(answered.message, terminal);
    case "interrupted":
      return exitCodes.interrupted;
    case "unanswered":
      terminal.warn(
        `migrationact/${act.metadata.name}: no operator has looked at it within ${Math.round(timeoutMs / 1000)} s; it lies there and counts once one does. kubectl retriever check${cluster.flags} says whether one runs`,
      );
      return exitCodes.timeOut;
  }
}

function refuse(why: string, terminal: Terminal, instead?: string): number {
  terminal.warn(`refused: ${why}`);
  if (instead !== undefined) terminal.warn(instead);
  return exitCodes.refused;
}

type Particulars = Partial<
  Pick<MigrationActSpec, "role" | "check" | "digest" | "text" | "planHash" | "expires" | "waitForGates">
>;

function specOf(asked: ActRequest, planHash: string): Particulars {
  const { act, role, check, digest, text, expiresAt, waitForGates } = asked;
  return {
    ...(role === undefined ? {} : { role }),
    ...(check === undefined ? {} : { check }),
    ...(digest === undefined ? {} : { digest }),
    ...(text === undefined ? {} : { text }),
    ...(waitForGates === undefined ? {} : { waitForGates }),
    ...(actsInRole.includes(act) ? { planHash } : {}),
    ...(expiresAt === undefined ? {} : { expires: new Date(expiresAt).toISOString() }),
  };
}
