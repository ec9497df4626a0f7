// Chainable builders of what a pass sees: a migration in some state, pods, and the observation of them.
import { hash } from "node:crypto";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { planHash } from "@retriever/crds/spec/plan.ts";
import {
  type MigrationStatus,
  migrationStatusSchema,
  type Phase,
  type Revision,
} from "@retriever/crds/status/migration-status.ts";
import { binSeconds, type Counters, type EvidenceBin } from "@retriever/sidecar/contract/evidence.ts";
import type { SidecarStatus, StoreStatus } from "@retriever/sidecar/contract/status.ts";
import type { Migration, MigrationMeta } from "#core/model/migration.ts";
import type { Observation } from "#core/model/observation.ts";
import type { OverlayObservation, PodObservation } from "#core/model/workload.ts";
import { intentOf, renderOverlay } from "#core/overlay/revision.ts";
import { spansOf } from "#core/time/evidence-spans.ts";
import { closedBins } from "./bins.ts";
import { shareOf, someCounters } from "./counters.ts";
import { aTarget } from "./search-app.ts";
import { aSidecarStatus, aStore, destinationIdentity, sourceIdentity } from "./sidecar-status.ts";
import { aSpec } from "./spec.ts";

export const noon = Date.parse("2026-03-01T12:00:00Z");

const meta: MigrationMeta = {
  namespace: "search",
  name: "docs-to-qdrant",
  uid: "migration-1",
  generation: 1,
  resourceVersion: "1",
  createdAt: noon - 3_600_000,
  deleting: false,
  finalizers: ["retriever.dev/settle"],
};

const steps: Readonly<Record<string, Pick<Revision, "primary" | "shadow" | "sampleRate">>> = {
  WarmUp: { primary: "source", shadow: "destination", sampleRate: 0.02 },
  Ramp: { primary: "source", shadow: "destination", sampleRate: 0.05 },
  AwaitingCutover: { primary: "source", shadow: "destination", sampleRate: 0.1 },
  CuttingOver: { primary: "destination", shadow: "source", sampleRate: 0.05 },
  Guard: { primary: "destination", shadow: "source", sampleRate: 0.05 },
  Completed: { primary: "destination", shadow: "none", sampleRate: 0 },
};

/** A migration; every method returns another one. */
class MigrationBuilder {
  readonly #value: Migration;

  constructor(value: Migration) {
    this.#value = value;
  }

  with(status: Partial<MigrationStatus>): MigrationBuilder {
    return new MigrationBuilder({ ...this.#value, status: { ...this.#value.status, ...status } });
  }

  deleting(): MigrationBuilder {
    return new MigrationBuilder({ ...this.#value, meta: { ...this.#value.meta, deleting: true } });
  }

  /** Accepted, and in a phase with the revision it usually has, decided ten minutes ago as epoch 5. */
  in(phase: Phase): MigrationBuilder {
    const { spec } = this.#value;
    const plan = spec.ok ? spec.value : aSpec();
    const at = new Date(noon - 600_000).toISOString();
    const step = steps[phase] ?? { primary: "source", shadow: "none", sampleRate: 0 };
    return this.with({
      phase,
      epoch: 5,
      source: sourceIdentity,
      destination: destinationIdentity,
      plan: JSON.stringify(plan),
      planHash: planHash(plan),
      revision: { ...step, epoch: 5, released: false, at },
      ...(step.shadow === "destination"
        ? { stage: { index: 0, count: 3, sampleRate: step.sampleRate, startedAt: at } }
        : {}),
    });
  }

  build(): Migration {
    return this.#value;
  }
}

export function aMigration(spec: MigrationSpec = aSpec()): MigrationBuilder {
  return new MigrationBuilder({ meta, spec: { ok: true, value: spec }, status: migrationStatusSchema.parse({}) });
}

/** A pod; every method returns another one. */
export class PodBuilder {
  readonly #value: PodObservation;

  constructor(value: PodObservation) {
    this.#value = value;
  }

  with(more: Partial<PodObservation>): PodBuilder {
    return new PodBuilder({ ...this.#value, ...more });
  }

  silent(): PodBuilder {
    return this.with({ status: { ok: false, why: "timed out" } });
  }

  saying(change: (status: SidecarStatus) => Partial<SidecarStatus>): PodBuilder {
    const { status } = this.#value;
    return status.ok ? this.with({ status: { ok: true, value: { ...status.value, ...change(status.value) } } }) : this;
  }

  seeing(store: "source" | "destination", more: Partial<StoreStatus>): PodBuilder {
    return this.saying(({ stores }) => ({
      stores: [...stores.filter((one) => one.store !== store), aStore(store, more)],
    }));
  }

  /** Follows the migration's revision, with the same counters in every window of its plan, and in the bins of its alert's. */
  following(migration: Migration, counters: Partial<Counters> = {}): PodBuilder {
    const { status, spec } = migration;
    const overlay = overlayOf(migration);
    const revision = status.revision;
    if (overlay === null || revision === undefined || !spec.ok) return this;
    const spans = spansOf(spec.value);
    const windows = [spans.fast, spans.alert, spans.detection];
    const counted = someCounters(counters);
    const bins = Math.max(1, Math.floor(spans.alert.seconds / binSeconds));
    return this.with({ annotatedEpoch: revision.epoch }).saying(({ config, evidence }) => ({
      config: {
        ...config,
        epoch: revision.epoch,
        hash: overlay.hash,
        migrationUid: migration.meta.uid,
        primary: revision.primary,
        primaryIdentity: revision.primary === "source" ? sourceIdentity : destinationIdentity,
        overlay: "in-force",
      },
      stores: [aStore("source"), aStore("destination")],
      evidence: {
        ...evidence,
        epoch: revision.epoch,
        counters: counted,
        windows: windows.map((span) => ({ ...span, coveredSeconds: span.seconds, counters: counted })),
        ...closedBins(noon, bins, shareOf(counted, 1 / bins)),
      },
    }));
  }

  /** Has counted the same in each of the bins before noon. */
  inBins(bins: number, counters: Partial<Counters>, slices?: EvidenceBin["slices"]): PodBuilder {
    const closed = closedBins(noon, bins, someCounters(counters), slices);
    return this.saying(({ evidence }) => ({ evidence: { ...evidence, ...closed } }));
  }

  build(): PodObservation {
    return this.#value;
  }
}

export function aPod(name = "pod-1"): PodBuilder {
  return new PodBuilder({
    name,
    uid: `uid-${name}`,
    terminating: false,
    ready: true,
    sidecarRunning: true,
    nodeLost: false,
    annotatedEpoch: 0,
    status: { ok: true, value: aSidecarStatus({ podUid: `uid-${name}`, podName: name }) },
  });
}

/** The overlay as the migration's status wants it; null before acceptance. */
export function overlayOf({ meta, status, spec }: Migration): OverlayObservation | null {
  const rendered = spec.ok ? renderOverlay(meta, spec.value, status) : undefined;
  if (rendered === undefined) return null;
  const { text, document } = rendered;
  return {
    text,
    document,
    hash: hash("sha256", text),
    hasFinalizer: true,
    deleting: false,
    intent: intentOf(meta, status),
    foreignManagers: [],
  };
}

/** Everything as the migration wants it: two pods that follow, the overlay in place, nobody else about. */
export function anObservation(
  migration: Migration,
  counters: Partial<Counters> = {},
  more: Partial<Observation> = {},
): Observation {
  return {
    at: noon,
    target: { ok: true, value: aTarget(2) },
    overlay: { ok: true, value: overlayOf(migration) },
    pods: { ok: true, value: ["pod-1", "pod-2"].map((name) => aPod(name).following(migration, counters).build()) },
    claims: { ok: true, value: [] },
    acts: { ok: true, value: [] },
    ...more,
  };
}
