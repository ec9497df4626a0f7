// Which acts the viewer may create, asked of the API server before anybody presses a button.
import { type Act, actsInRole } from "@retriever/crds/migration.ts";
import { actCommands } from "#commands/act-commands.ts";
import { rightsOf } from "#commands/acts/foresee-refusal.ts";
import type { KubeClient } from "#kube-client.ts";
import type { LiveMigration } from "./live-migrations.ts";

/** By act (and role) the right that is missing; absent: nothing is known to be. */
export type MissingRights = ReadonlyMap<string, string>;

/** Key of an act, in a role where it needs one. */
export function rightKey(act: Act, role?: string): string {
  return role === undefined ? act : `${act} ${role}`;
}

/** Asks for every act on one migration. An act of which nobody says anything isn't missing. */
export async function readMissingRights(
  { namespace, name, view }: LiveMigration,
  client: Pick<KubeClient, "mayI" | "readActIdentityProved">,
  signal: AbortSignal,
): Promise<MissingRights> {
  const roles = (view?.plan?.checklist.approvals.roles ?? []).map(({ name }) => name);
  const asked = actCommands.flatMap(({ act }): { readonly act: Act; readonly role: string | undefined }[] =>
    actsInRole.includes(act) ? roles.map((role) => ({ act, role })) : [{ act, role: undefined }],
  );
  const [first] = asked;
  if (first === undefined) return new Map();
  const { create } = rightsOf({ ...first, namespace, name });
  // The right to one kind of act counts where the policy asks for it.
  const [mayCreate, isProved] = await Promise.all([
    client.mayI(create, signal),
    client.readActIdentityProved(signal).catch(() => false),
  ]);
  const missing = new Map<string, string>();
  for (const { act, role } of asked) {
    const { own, ownName } = rightsOf({ act, role, namespace, name });
    if (mayCreate === false) missing.set(rightKey(act, role), "create migrationacts.retriever.dev");
    else if (isProved && (await client.mayI(own, signal)) === false)
      missing.set(rightKey(act, role), `create ${ownName}`);
  }
  return missing;
}
