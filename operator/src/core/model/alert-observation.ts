// What a Prometheus says about a migration's alert, as it was read. Data only; epoch ms throughout.
import type { Read } from "./workload.ts";

/** An alerting rule that always fires where the target's series are scraped: what proves the path of the alert. */
export const canaryAlert = "RETR_ALERT_CANARY";

export type AlertRule = {
  readonly group: string;
  /** The rule's `for`. */
  readonly forSeconds: number;
  /** How often its group is evaluated. */
  readonly intervalSeconds: number;
  readonly health: "ok" | "err" | "unknown";
  /** Null before the first evaluation. */
  readonly evaluatedAt: number | null;
  /** Labels that the rule itself sets and that say whom it is for and whose evidence it is. */
  readonly labels: Readonly<Record<string, string>>;
};

/** An alert that a rule says fires for this namespace and target. */
export type Firing = {
  /** Without alertname, alertstate, namespace and target. */
  readonly labels: Readonly<Record<string, string>>;
  /** What the alert states in the label or annotation `cause`; empty when it states nothing. */
  readonly causes: readonly string[];
  /** Since when its condition holds. */
  readonly activeAt: number;
  /** When its rule was last evaluated. */
  readonly evaluatedAt: number;
  /** The `for` of its rule. */
  readonly forSeconds: number;
  /** As printed by Prometheus. */
  readonly value: string;
};

/** Whether an alert only tells the operator's own evidence back to it: by the label `evidence` of the chart's rule. */
export function isOwnEvidence(labels: Readonly<Record<string, string>>): boolean {
  return labels["evidence"] === "operator";
}

/** How far the canary came behind Prometheus; a part that isn't configured is absent. */
export type CanaryDelivery = {
  /** Of the Alertmanagers asked, those that hold it. */
  readonly alertmanagers?: Read<{ readonly asked: number; readonly holding: number }>;
  /** When it last arrived at the operator's webhook; null: not since this process began. */
  readonly webhook?: { readonly arrivedAt: number | null };
};

export type AlertsObservation = {
  /** Whether the administrator pinned a rule of the alert's name: then rules and firings are of the pinned one alone. */
  readonly isPinned: boolean;
  /** Rules of the alert's name, whichever target they are for. */
  readonly rules: readonly AlertRule[];
  /** What fires now by those rules; that which has lasted longest first. */
  readonly firings: readonly Firing[];
  readonly canary: {
    readonly rules: readonly AlertRule[];
    /** Since when it fires for this namespace and target; null when it doesn't. */
    readonly activeAt: number | null;
  };
  readonly delivery: CanaryDelivery;
};

/** What an observation holds of a Prometheus; absent for the source Sidecars. */
export type AlertsRead = {
  /** Names the administrator configured. */
  readonly names: readonly string[];
  /** Absent where nobody asks. */
  readonly read?: Read<AlertsObservation>;
};
