// Whether the actors of acts are who they say: asked only where an approval or a repair counts, or an approval comes.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import type { ActIdentity, Observation } from "#core/model/observation.ts";
import { mayRepair } from "#core/verification/purpose.ts";
import { attempt, type ReadDeadline } from "./attempt.ts";
import type { ObserveDeps } from "./observe-deps.ts";

const approving: readonly Phase[] = ["Preflight", "AwaitingApproval", "AwaitingCutover"];

type Asked = {
  readonly status: MigrationStatus;
  readonly plan: MigrationSpec;
  /** As they are read beside it. */
  readonly acts: Promise<Pick<Observation, "acts">>;
};

/** Empty where nobody asks. Never rejects. */
export async function readIdentity(
  { status, plan, acts }: Asked,
  { cluster, actIdentity = "proved" }: Pick<ObserveDeps, "cluster" | "actIdentity">,
  deadline: ReadDeadline,
): Promise<Pick<Observation, "actIdentity">> {
  const isAsking = plan.checklist.approvals.policy !== "Skip" && approving.includes(status.phase);
  if (!isAsking && !mayRepair(status) && !(await bringApproval(acts, status))) return {};
  if (actIdentity === "trusted") return { actIdentity: { ok: true, value: "trusted" } };
  const read = await attempt(deadline, "admission policy", (signal) => cluster.readActIdentityProved(signal));
  if (!read.ok) return { actIdentity: read };
  const value: ActIdentity = read.value ? "proved" : "unproved";
  return { actIdentity: { ok: true, value } };
}

/** One that is judged in another phase counts in a later one: its actor is proved now, or never. */
async function bringApproval(read: Asked["acts"], status: MigrationStatus): Promise<boolean> {
  const { acts } = await read;
  if (!acts.ok) return false;
  return acts.value.some(({ act, uid }) => act === "Approve" && status.acts?.seen.includes(uid) !== true);
}
