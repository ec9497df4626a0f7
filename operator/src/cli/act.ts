// People act through objects: each command creates one immutable MigrationAct.
import type { Act } from "@retriever/crds/migration.ts";
import type { Phase } from "@retriever/crds/migration-status.ts";
import { exitCodes } from "./exit-codes.ts";
import type { KubeClient } from "./kube-client.ts";
import { viewMigration } from "./migration-view.ts";
import type { Terminal } from "./terminal.ts";

export const actCommands = [
  { command: "promote", act: "Promote", about: "Let it go on where it waits for a person" },
  { command: "pause", act: "Pause", about: "Hold it where it is; a rollback stays possible" },
  { command: "resume", act: "Resume", about: "Take back a pause or a hold" },
  { command: "abort", act: "Abort", about: "Give it up and go back to the source, for good" },
  { command: "rollback", act: "Rollback", about: "Go back to the source now, for good" },
] as const satisfies readonly { readonly command: string; readonly act: Act; readonly about: string }[];

const ended: readonly Phase[] = ["Completed", "RolledBack", "Validated"];

export type ActRequest = {
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
  const { phase } = view.status;
  if (ended.includes(phase) && !(phase === "Completed" && act === "Rollback")) {
    terminal.warn(`refused: ${namespace}/${name} is ${phase}; a finished migration never runs again`);
    return exitCodes.refused;
  }
  if (actor === "") {
    terminal.warn("refused: neither the API server nor the kubeconfig says who you are; an act needs an actor");
    return exitCodes.refused;
  }
  const created = await client.createAct(namespace, { migration: { name, uid: view.uid }, act, actor, reason }, signal);
  terminal.print(`migrationact/${created} created: ${act} ${namespace}/${name} by ${actor}`);
  return exitCodes.ok;
}
