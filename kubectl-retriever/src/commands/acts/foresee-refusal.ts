// Why an act would have no effect, by the operator's own rules: said before anything is written.
import { type Act, actsInRole } from "@retriever/crds/migration.ts";
import { checkNames } from "@retriever/crds/spec/checklist-spec.ts";
import type { ActObservation, Observation } from "@retriever/operator/core/model/observation.ts";
import { refuse } from "@retriever/operator/core/people/acts.ts";
import type { ActDocument, KubeClient, Right } from "#kube-client.ts";
import type { MigrationView } from "#output/migration-view.ts";
import { didYouMean } from "#output/similar.ts";

/** Which migrations were rolled back before with the same plan, nobody knows here: the operator decides. */
const claims: Observation["claims"] = { ok: false, why: "not read" };

/** A Promote of a plan that was rolled back before is the one thing that can't be foreseen. */
export function foreseeRefusal(act: ActDocument, view: MigrationView, now: number): string | undefined {
  const { status, plan } = view;
  const { act: kind, actor } = act.spec;
  if (actor === "") return "neither the API server nor the kubeconfig says who you are; an act needs an actor";
  if (plan === undefined) return undefined;
  if (kind === "Promote" && status.phase === "Pending") return undefined;
  const refusal = refuse(
    asObserved(act, now),
    { status, plan, observation: { claims }, now },
    status.acts ?? { paused: false, seen: [] },
  );
  return refusal === undefined ? undefined : `${view.namespace}/${view.name}: ${refusal}${meant(act, view)}`;
}

/** The role or check that was probably meant. */
function meant({ spec: { act, role, check } }: ActDocument, { plan }: MigrationView): string {
  const { policy, roles: asked } = plan?.checklist.approvals ?? { policy: "Skip", roles: [] };
  const roles = policy === "Skip" ? [] : asked.map(({ name }) => name);
  if (actsInRole.includes(act) && role !== undefined && !roles.includes(role)) return didYouMean(role, roles);
  const isCheck = checkNames.some((name) => name === check);
  return act === "Waive" && check !== undefined && !isCheck ? didYouMean(check, checkNames) : "";
}

/** What works instead, where something does. */
export function whatWorks(act: ActDocument, { namespace, name, status }: MigrationView, flags: string): string {
  const { phase } = status;
  if (phase === "AwaitingCutover" && status.takenBack !== undefined && act.spec.act === "Promote")
    return `kubectl retriever retry ${name} -n ${namespace}${flags} cuts over again`;
  return `kubectl retriever status ${name} -n ${namespace}${flags} shows what it waits for`;
}

type Asking = {
  readonly act: Act;
  readonly role: string | undefined;
  readonly namespace: string;
  readonly name: string;
};

/** The rights that an act takes: to create acts at all, and its own one, which policies may ask for. */
export function rightsOf({ act, role, namespace, name }: Asking): {
  readonly create: Right;
  readonly own: Right;
  readonly ownName: string;
} {
  const group = "retriever.dev";
  const subresource = actsInRole.includes(act)
    ? `approve-${role}`
    : act === "CompleteGuard"
      ? "promote"
      : act.toLowerCase();
  return {
    create: { verb: "create", group, resource: "migrationacts", namespace },
    own: { verb: "create", group, resource: "retrievermigrations", subresource, namespace, name },
    ownName: `retrievermigrations.retriever.dev/${subresource}`,
  };
}

/** Why the user may not; undefined where he may, or nobody says. */
export async function refuseRights(
  { spec: { act, role, migration }, metadata }: ActDocument,
  client: KubeClient,
  signal: AbortSignal,
): Promise<string | undefined> {
  const namespace = String(metadata["namespace"]);
  const { create, own, ownName } = rightsOf({ act, role, namespace, name: migration.name });
  const [mayCreate, mayAct] = await Promise.all([client.mayI(create, signal), client.mayI(own, signal)]);
  const needs = (what: string) => `you may not create ${what} in namespace ${namespace}; ask for that right`;
  if (mayCreate === false) return needs("migrationacts.retriever.dev");
  if (mayAct !== false) return undefined;
  // The right to one kind of act counts where the policy asks for it.
  const isAsked = await client.readActIdentityProved(signal).catch(() => false);
  return isAsked ? needs(`${ownName} (${migration.name})`) : undefined;
}

/** The act as the operator would read it, were it created now. */
function asObserved({ spec }: ActDocument, now: number): ActObservation {
  const { act, actor, reason, role = null, check = null, planHash = null, expires, waitForGates, digest } = spec;
  return {
    name: "",
    uid: "",
    createdAt: now,
    act,
    actor,
    reason,
    role,
    check,
    planHash,
    expiresAt: expires === undefined ? null : Date.parse(expires),
    ...(waitForGates === undefined ? {} : { waitForGates }),
    ...(digest === undefined ? {} : { digest }),
  };
}
