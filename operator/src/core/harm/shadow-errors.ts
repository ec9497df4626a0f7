// Errors of the shadow. Before the cutover they are the destination's; afterwards the old store's.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { percent } from "../gates/gate-message.ts";
import type { Finding } from "../model/context.ts";
import type { Span } from "../time/evidence-spans.ts";

/**
 * Before the cutover: two consecutive windows with errors, and a share above the limit in the newer one.
 * Undefined otherwise; after the cutover the caller must not ask: a failing old store never draws traffic back.
 */
export function findShadowErrors(
  plan: MigrationSpec,
  now: Counters,
  before: Counters,
  span: Span,
): Finding | undefined {
  const failedNow = now.shadowErrors + now.shadowTimeouts;
  const failedBefore = before.shadowErrors + before.shadowTimeouts;
  const tried = now.answered + failedNow;
  const { maxBadShare, beforeCutover } = plan.thresholds.shadowErrors;
  if (failedNow === 0 || failedBefore === 0 || failedNow / tried <= maxBadShare) return undefined;
  return {
    rule: "shadowErrors",
    action: beforeCutover,
    message: `shadow errors: ${failedNow} of ${tried} samples failed in the last ${span.seconds} s and ${failedBefore} in the ${span.seconds} s before (limit ${percent(maxBadShare)} in two windows)`,
  };
}
