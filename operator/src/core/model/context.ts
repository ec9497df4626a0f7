// The facts that every rule decides on: the observation, judged once per reconcile.
import type { HarmAction, MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus, Verdict } from "@retriever/crds/status/migration-status.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import type { Announcement } from "./decision.ts";
import type { Migration, MigrationMeta } from "./migration.ts";
import type { ActObservation, Observation } from "./observation.ts";
import type { Fact } from "./status-readings.ts";
import type { PodObservation } from "./workload.ts";

/** quorum: not all, but as many as `cutover.minAcknowledged` asks for, after all have had their time. */
type AckState = "all" | "quorum" | "waiting" | "none" | "unknown";

/** Which pods follow the revision in force. */
export type Acks = {
  readonly state: AckState;
  readonly pods: number;
  readonly matched: number;
  /** Names of pods that don't follow yet. */
  readonly lagging: readonly string[];
  /** Lagging pods on lost nodes, listed apart. */
  readonly lost: readonly string[];
  /** Pods that the overlay's deadline holds at the source: they read a cutover too late, or haven't read it yet. */
  readonly fenced: readonly string[];
};

type HarmRule = "alert" | "livePrimary" | "severe" | "shadowErrors" | "content";

/** One thing found wrong with the destination, and what the plan says to do about it. */
export type Finding = {
  readonly rule: HarmRule;
  readonly action: HarmAction;
  /** One sentence with value, limit, n and since when. */
  readonly message: string;
  /** Why a rollback for it alone is left to a person. */
  readonly withheld?: string;
  /** What is told where it isn't harm of the whole fleet. */
  readonly reason?: "OnePodAlone";
};

/** Everything found wrong with the destination. */
export type Harm = {
  /** Found now, whether or not it has lasted. */
  readonly findings: readonly Finding[];
  /** The findings whose line does more than observe: nothing rises or completes over them. */
  readonly weighing: readonly Finding[];
  /** To be acted on now: severe harm at once, the rest once it has lasted. */
  readonly due: readonly Finding[];
  /** Since when the evidence of the oldest finding has stood, epoch ms. */
  readonly since: number | undefined;
  /** Whether the evidence needed to say so was there. */
  readonly known: boolean;
};

/** Built by `assess`; every gate, check, phase and condition is a function of it. */
export type Context = {
  readonly migration: Migration;
  readonly meta: MigrationMeta;
  readonly plan: MigrationSpec;
  readonly observation: Observation;
  /** The present status, with people's acts and the newest evidence in it. */
  readonly status: MigrationStatus;
  readonly now: number;
  readonly nowIso: string;
  readonly serving: readonly PodObservation[];
  readonly acks: Acks;
  /** Totals of the epoch; null when they can't be trusted. */
  readonly totals: Counters | null;
  readonly gates: readonly Verdict[];
  /** What gates say that is so with a few pods alone, and names them. */
  readonly gatesAlone: readonly string[];
  readonly harm: Harm;
  readonly rollbackReady: Fact;
  readonly reachable: Fact;
  /** Announcements of acts that took effect or were refused. */
  readonly actAnnouncements: readonly Announcement[];
  /** A Promote of the cutover that was read in this reconcile. */
  readonly promote?: ActObservation;
  /** Delay until the next reconcile while something is being sampled. */
  readonly pollMs: number;
};
