// What a Prometheus says while all is well: one rule, its canary firing, nothing else.
import type { AlertRule, AlertsObservation, Firing } from "#core/model/alert-observation.ts";

/** A rule that was evaluated a second before `now`. */
export function aRule(now: number, more: Partial<AlertRule> = {}): AlertRule {
  const basics = { group: "retriever", forSeconds: 10, intervalSeconds: 5, health: "ok", labels: {} } as const;
  return { ...basics, evaluatedAt: now - 1000, ...more };
}

/** An alert that fires since `heldMs` before `now`, its `for` of 10 s within. */
export function aFiring(now: number, heldMs: number, more: Partial<Firing> = {}): Firing {
  const activeAt = now - heldMs;
  const basics = { labels: {}, causes: ["mismatch"], forSeconds: 10, value: "0.5" };
  return { ...basics, activeAt, evaluatedAt: now, ...more };
}

/** Everything in order at `now`, the rule pinned. */
export function someAlerts(now: number, more: Partial<AlertsObservation> = {}): AlertsObservation {
  return {
    isPinned: true,
    rules: [aRule(now)],
    firings: [],
    canary: { rules: [aRule(now, { forSeconds: 0 })], activeAt: now - 60_000 },
    delivery: {},
    ...more,
  };
}
