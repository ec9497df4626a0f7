// The gate of a stage on content: the rate doesn't rise while chunks of both answers say different things.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import { contentOf } from "../gates/gate-counts.ts";
import { percent } from "../gates/gate-message.ts";
import { type JudgedGate, publishedInterval, withWords } from "../gates/judge-rate-gates.ts";
import { hiddenIn, judgeParts } from "../gates/without-pods.ts";

type ContentInput = {
  readonly plan: MigrationSpec;
  /** Of the epoch over all pods; null when they can't be trusted. */
  readonly totals: Counters | null;
  readonly pods: readonly { readonly name: string; readonly counters: Counters }[];
  readonly elapsedSeconds: number;
};

/**
 * None where nothing was compared: no request included content, or the sidecars don't count it. Few requests may
 * include any, so that one sample is enough to pass. Never Fail: what acts is the line of harm. What is a few pods' alone
 * is told as such, and a few pods' good samples hide nothing.
 */
export function judgeContent({ plan, totals, pods, elapsedSeconds }: ContentInput): JudgedGate[] {
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
  const parts = pods.map(({ name, counters }) => ({ name, ...contentOf(counters) }));
  const seen = `content: ${percent(value)} of the chunks in ${n} ${plural(n, "sample")} lack content or have another one`;
  const bound = `the limit of ${percent(limit)}`;
  const hidden = value <= limit ? hiddenIn(parts, limit) : undefined;
  if (value <= limit && hidden === undefined)
    return [{ ...facts, verdict: "Pass", message: `${seen}, within ${bound}` }];
  if (beforeCutover === "Observe")
    return [{ ...facts, verdict: "Pass", message: `${seen}, over ${bound}, which is only observed` }];
  if (hidden !== undefined)
    return [{ ...facts, verdict: "NotYet", message: `${seen}, but more without ${hidden}; waiting for better ones` }];
  const over = `${seen}, over ${bound}; waiting for better ones`;
  return [{ ...facts, ...withWords(over, judgeParts("NotYet", { bad, n }, parts, { limit })) }];
}
