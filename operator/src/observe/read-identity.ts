// Whether the actors of acts are who they say: asked only where an approval or a repair counts.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import type { ActIdentity, Observation } from "#core/model/observation.ts";
import { mayRepair } from "#core/verification/purpose.ts";
import { attempt, type ReadDeadline } from "./attempt.ts";
import type { ObserveDeps } from "./observe-deps.ts";

const approving: readonly Phase[] = ["Preflight", "AwaitingApproval", "AwaitingCutover"];

type Asked = { readonly status: MigrationStatus; readonly plan: MigrationSpec };

/** Empty where nobody asks. Never rejects. */
export async function readIdentity(
  { status, plan }: Asked,
  { cluster, actIdentity = "proved" }: Pick<ObserveDeps, "cluster" | "actIdentity">,
  deadline: ReadDeadline,
): Promise<Pick<Observation, "actIdentity">> {
  const isApproving = plan.checklist.approvals.policy !== "Skip" && approving.includes(status.phase);
  if (!isApproving && !mayRepair(status)) return {};
  if (actIdentity === "trusted") return { actIdentity: { ok: true, value: "trusted" } };
  const read = await attempt(deadline, "admission policy", (signal) => cluster.readActIdentityProved(signal));
  if (!read.ok) return { actIdentity: read };
  const value: ActIdentity = read.value ? "proved" : "unproved";
  return { actIdentity: { ok: true, value } };
}
