// The policies that an administrator has in a cluster, from files: what `lint` and `plan` judge a migration by.
import { askedChecks } from "@retriever/crds/policy/asked-checks.ts";
import { judgePolicy } from "@retriever/crds/policy/judge-policy.ts";
import type { PolicySpec } from "@retriever/crds/policy/policy-spec.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { describeChecks, type ResolvedCheck, resolveChecks } from "@retriever/crds/spec/resolve-checks.ts";
import { unanswerableChecks } from "@retriever/crds/spec/unanswerable-checks.ts";
import type { ConfigFault } from "@retriever/stores/config/config-fault.ts";
import { exitCodes } from "#output/exit-codes.ts";
import { loadFile, type OfflineTools } from "./lint.ts";

export type NamedPolicy = { readonly name: string; readonly spec: PolicySpec };

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

/** What policies make of a migration; `path` is the field that each sentence is about. */
export type Judgement = {
  /** With every check decided, as the operator would accept it. */
  readonly plan: MigrationSpec;
  readonly checks: readonly ResolvedCheck[];
  readonly refusals: readonly ConfigFault[];
  /** What isn't refused, and yet never comes to an end by itself. */
  readonly warnings: readonly ConfigFault[];
};

/** The policies' namespaces are taken for granted, since no cluster is asked. */
export function judgeMigration(policies: readonly NamedPolicy[], spec: MigrationSpec, name: string): Judgement {
  const asked = askedChecks(policies.map((policy) => policy.spec));
  const plan = resolveChecks(spec, asked);
  const refusals = policies.flatMap((policy) =>
    judgePolicy(policy.spec, plan).map((refusal) => ({
      path: refusal.replace(/: .*/s, ""),
      message: `policy ${policy.name}: ${refusal}`,
    })),
  );
  const warnings = unanswerableChecks(plan, name).map(({ path, message }) => ({ path, message: `${path} ${message}` }));
  return { plan, checks: describeChecks(spec, asked), refusals, warnings };
}
