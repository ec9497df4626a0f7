// What a person is asked before an act is written: one question, which says what it does, to what and in which cluster.
import type { Act } from "@retriever/crds/migration.ts";
import { clusterWord, type NamedCluster } from "#output/cluster-word.ts";
import type { MigrationView } from "#output/migration-view.ts";
import type { Terminal } from "#output/terminal.ts";

type Asked = {
  readonly namespace: string;
  readonly name: string;
  readonly act: Act;
  readonly role?: string;
  /** The user name, given instead of typed. */
  readonly yesIAm?: string;
  /** Nothing is asked. */
  readonly yes: boolean;
  readonly dryRun?: "client" | "server";
};
type Tools = { readonly terminal: Terminal; readonly cluster: NamedCluster };

/** What can't be taken back. An Approve asks for the user's name instead. */
const forGood: Readonly<Partial<Record<Act, string>>> = {
  Rollback: "Go back to the source now, for good",
  Abort: "Give it up and go back to the source, for good",
  CompleteGuard: "End the guard before it has watched for long enough",
  WritersMoved: "Say that the application writes to the destination now",
  RepairDrift: "Have the chunks of this report written to the source",
};

/** One question, where somebody can be asked. */
export async function refuseUnsure(asked: Asked, { terminal, cluster }: Tools): Promise<string | undefined> {
  const { ask } = terminal;
  const what = forGood[asked.act];
  if (what === undefined || ask === undefined || asked.yes || asked.dryRun !== undefined) return undefined;
  const said = (await ask(`${what}: ${asked.namespace}/${asked.name} at ${clusterWord(cluster)}? [y/N] `))
    .trim()
    .toLowerCase();
  return said === "y" || said === "yes" ? undefined : "not confirmed; nothing was written";
}

/** An approval is worth what its name is worth: whoever gives it says who he is. */
export async function refuseStranger(
  { namespace, name, role, yesIAm }: Asked,
  { status }: MigrationView,
  actor: string,
  { terminal, cluster }: Tools,
): Promise<string | undefined> {
  if (yesIAm !== undefined)
    return yesIAm === actor ? undefined : `--yes-i-am says ${yesIAm}, the API server says ${actor}`;
  if (terminal.ask === undefined) return `nobody can be asked here; approve with --yes-i-am ${actor}`;
  const question = `You approve plan ${status.planHash} of ${namespace}/${name} at ${clusterWord(cluster)} as ${role}. Type your user name, ${actor}: `;
  const typed = await terminal.ask(question);
  return typed.trim() === actor ? undefined : "that is not your user name; nothing was approved";
}
