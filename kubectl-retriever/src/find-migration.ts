// A migration by its name; where there is none, the ones that were probably meant.
import { hasCode, OperatorError } from "@retriever/operator/errors.ts";
import type { KubeClient } from "#kube-client.ts";
import { type MigrationView, viewMigration } from "#output/migration-view.ts";

const mostNames = 5;

type Finding = Pick<KubeClient, "readMigration" | "listMigrations">;

/** Throws ROP_NOT_FOUND with nearby names, or the coded error of a read that failed. */
export async function findMigration(
  client: Finding,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<MigrationView> {
  return viewMigration(await findObject(client, namespace, name, signal));
}

/** The object as the API server has it. Throws as `findMigration` does. */
export async function findObject(
  client: Finding,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    return await client.readMigration(namespace, name, signal);
  } catch (fault) {
    if (!hasCode(fault, "ROP_NOT_FOUND")) throw fault;
    const none = await describeNone(client, { namespace, name }, signal);
    throw new OperatorError("ROP_NOT_FOUND", none, { cause: fault });
  }
}

/** That there is none of this name, and which were probably meant. */
export async function describeNone(
  client: Pick<KubeClient, "listMigrations">,
  meant: Named,
  signal: AbortSignal,
): Promise<string> {
  const there = await listVisible(client, meant.namespace, signal);
  const named = there.map((raw) => (raw as { readonly metadata: Named }).metadata);
  const { didYouMean } = await import("#output/similar.ts");
  return `no RetrieverMigration ${meant.namespace}/${meant.name}${nearby(named, meant, didYouMean)}`;
}

/** Of all namespaces, or of the own one where only that is allowed. */
async function listVisible(
  client: Pick<KubeClient, "listMigrations">,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  try {
    return await client.listMigrations(undefined, signal).catch(() => client.listMigrations(namespace, signal));
  } catch (fault) {
    if (hasCode(fault, "ROP_NOT_FOUND")) throw fault;
    return [];
  }
}

type Named = { readonly namespace: string; readonly name: string };

function nearby(
  there: readonly Named[],
  meant: Named,
  near: (word: string, names: readonly string[]) => string,
): string {
  const own = there.filter(({ namespace }) => namespace === meant.namespace).map(({ name }) => name);
  const similar = near(meant.name, own);
  if (similar !== "") return similar;
  const elsewhere = there.filter(({ name }) => name === meant.name).map(({ namespace }) => namespace);
  if (elsewhere.length > 0) return `; there is one in namespace ${elsewhere.slice(0, mostNames).join(", ")}`;
  const others = [...new Set(there.map(({ namespace }) => namespace))].slice(0, mostNames).join(", ");
  if (own.length === 0)
    return `; there is none in namespace ${meant.namespace}${others === "" ? "" : `, but in ${others} (-n)`}`;
  const more = own.length > mostNames ? ` and ${own.length - mostNames} more` : "";
  return `; there are ${own.slice(0, mostNames).join(", ")}${more}`;
}
