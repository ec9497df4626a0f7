// The policies that an administrator has in a cluster, from files: what `lint` and `plan` judge a migration by.
import { exitCodes } from "#output/exit-codes.ts";
import type { NamedPolicy } from "./judge-migration.ts";
import { loadFile, type OfflineTools } from "./lint.ts";

/** The policies of these files, or the exit code once the faults are said. */
export async function loadPolicies(
  paths: readonly string[],
  tools: OfflineTools,
): Promise<readonly NamedPolicy[] | number> {
  const policies: NamedPolicy[] = [];
  for (const path of paths) {
    const { code, found } = await loadFile(path, tools);
    if (code !== exitCodes.ok) return code;
    const own = found.flatMap(({ checked }) =>
      checked.kind === "RetrieverMigrationPolicy" ? [{ name: checked.named.name, spec: checked.spec }] : [],
    );
    if (own.length === 0) {
      tools.terminal.warn(`${path}: expected a document of kind RetrieverMigrationPolicy, got none`);
      return exitCodes.error;
    }
    policies.push(...own);
  }
  return policies;
}
