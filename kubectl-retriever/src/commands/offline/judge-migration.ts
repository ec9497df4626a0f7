// What an administrator's policies, and nobody's answer, make of a migration before it is applied. Pure.
import { askedChecks } from "@retriever/crds/policy/asked-checks.ts";
import { judgePolicy } from "@retriever/crds/policy/judge-policy.ts";
import type { PolicySpec } from "@retriever/crds/policy/policy-spec.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { describeChecks, type ResolvedCheck, resolveChecks } from "@retriever/crds/spec/resolve-checks.ts";
import { unanswerableChecks } from "@retriever/crds/spec/unanswerable-checks.ts";
import type { ConfigFault } from "@retriever/stores/config/config-fault.ts";

export type NamedPolicy = { readonly name: string; readonly spec: PolicySpec };

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
