// Everything that one reconcile reads before it decides. Data only.
import type { Act } from "@retriever/crds/migration.ts";
import type { PolicySpec } from "@retriever/crds/policy/policy-spec.ts";
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import type { AlertsRead } from "./alert-observation.ts";
import type { JobsObservation } from "./job-observation.ts";
import type { OverlayObservation, PodObservation, Read, TargetObservation } from "./workload.ts";

export type ClaimObservation = {
  readonly name: string;
  readonly uid: string;
  readonly createdAt: number;
  readonly phase: Phase;
  /** It was accepted, or it has ever written an overlay. */
  readonly accepted: boolean;
  readonly settled: boolean;
  /** Hash of the plan it accepted. */
  readonly planHash?: string;
  /** spec.guard.next: the migration that comes after it. */
  readonly next?: string;
};

export type ActObservation = {
  readonly name: string;
  readonly uid: string;
  readonly createdAt: number;
  readonly act: Act;
  readonly actor: string;
  readonly reason: string;
  /** Approve: the role it is given in. */
  readonly role?: string | null;
  /** Waive: the check it is about. */
  readonly check?: string | null;
  readonly planHash: string | null;
  /** Epoch ms, null when it doesn't expire. */
  readonly expiresAt: number | null;
  /** Promote: it waits for what blocks the cutover. */
  readonly waitForGates?: boolean;
  /** RepairDrift: the report that it is about. */
  readonly digest?: string;
  /** Why it can't be an act on this migration, whatever it asks. */
  readonly misfit?: string;
  /** It doesn't go with its migration yet. */
  readonly ownerless?: true;
};

/**
 * Whether the actor of an act is who it says. proved: the admission policy is in force. unproved: it isn't.
 * trusted: the administrator does without it.
 */
export type ActIdentity = "proved" | "unproved" | "trusted";

/** The migration named in checklist.staging.from. */
export type StagingObservation = {
  readonly phase: string;
  /** What its validation ended with; empty when it hasn't. */
  readonly result: string;
};

/** A migration that policies count: it was accepted, and hasn't come to its end. */
export type UnderWay = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly createdAt: number;
  readonly phase: string;
};

/** A RetrieverMigrationPolicy that is about the migration's namespace. */
export type PolicyObservation =
  | { readonly name: string; readonly fault: string }
  | {
      readonly name: string;
      readonly spec: PolicySpec;
      /** Other migrations in the policy's namespaces; read only where it says how many there may be. */
      readonly underWay: readonly UnderWay[];
    };

/** What a sink answered to a message of the outbox; an error of null is success. */
export type Delivery = {
  readonly key: string;
  readonly sink: string;
  readonly error: string | null;
  /** It would refuse the message again. */
  readonly isFinal?: boolean;
  /** It asked for so much patience. */
  readonly retryAfterMs?: number;
};

/** Everything read in one pass, each part on its own deadline. */
export type Observation = {
  /** Epoch ms at which the pass began. */
  readonly at: number;
  readonly target: Read<TargetObservation>;
  readonly overlay: Read<OverlayObservation | null>;
  readonly pods: Read<readonly PodObservation[]>;
  /** Pods that were not asked, or not believed, and why; the first of them, then how many more. */
  readonly unproved?: readonly string[];
  /** Other migrations on the same target, whatever their phase. */
  readonly claims: Read<readonly ClaimObservation[]>;
  /** Acts on this migration's uid, oldest first. */
  readonly acts: Read<readonly ActObservation[]>;
  /** There were more of them than could be read: one that was judged and isn't here may still lie there. */
  readonly actsAreCut?: true;
  /** Read only while approvals are asked for, or one waits to be judged; absent is not known. */
  readonly actIdentity?: Read<ActIdentity>;
  /** Policies of the migration's namespace; read only before anything is sampled. */
  readonly policies?: Read<readonly PolicyObservation[]>;
  /** Read only while the checklist asks for it; null when there is no such migration. */
  readonly staging?: Read<StagingObservation | null>;
  /** What the Prometheus of the plan says; absent for the source Sidecars. */
  readonly alerts?: AlertsRead;
  /** Jobs that compare the stores and smoke tests; read only while a phase asks for them. */
  readonly jobs?: Read<JobsObservation>;
  /** What sinks answered since the last reconcile. */
  readonly deliveries?: Read<readonly Delivery[]>;
};
