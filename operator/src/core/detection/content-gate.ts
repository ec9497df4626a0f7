// The gate of a stage on content: the rate doesn't rise while chunks of both answers say different things.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Verdict } from "@retriever/crds/status/migration-status.ts";
import { type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import { contentOf } from "../gates/gate-counts.ts";
import { percent } from "../gates/gate-message.ts";
import { publishedInterval } from "../gates/judge-rate-gates.ts";

/**
 * None where nothing was compared: no request included content, or the sidecars don't count it. Few requests may
 * include any, so that one sample is enough to pass. Never Fail: what acts is the line of harm.
 */
export function judgeContent(plan: MigrationSpec, totals: Counters | null, elapsedSeconds: number): Verdict[] {
  const { maxBadShare: limit, beforeCutover } = plan.thresholds.content;
  const { bad, n } = contentOf(totals ?? noCounters());
  if (n <= 0) return [];
  const value = bad / n;
  const facts = {
    gate: "content",
    value,
    interval: publishedInterval(bad, n),
    n,
    limit,
    windowSeconds: Math.round(elapsedSeconds),
  };
  const seen = `content: ${percent(value)} of the chunks in ${n} samples lack content or have another one`;
  const bound = `the limit of ${percent(limit)}`;
  if (value <= limit) return [{ ...facts, verdict: "Pass", message: `${seen}, within ${bound}` }];
  if (beforeCutover === "Observe")
    return [{ ...facts, verdict: "Pass", message: `${seen}, over ${bound}, which is only observed` }];
  return [{ ...facts, verdict: "NotYet", message: `${seen}, over ${bound}; waiting for better ones` }];
}
