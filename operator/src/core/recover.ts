// A status that lost parts of itself must not stand in the way back: what a rollback needs is told by the overlay in force,
// or by the pods that follow it. Nothing goes forward on what is recovered.
import { type MigrationStatus, migrationStatusSchema, type Revision } from "@retriever/crds/status/migration-status.ts";
import { unpackStatus } from "@retriever/crds/status/packed-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { isPinned, type Overlay } from "@retriever/sidecar/contract/overlay.ts";
import { parseKnown } from "@retriever/stores/config/known-fields.ts";
import type { Migration } from "./model/migration.ts";
import type { Observation } from "./model/observation.ts";
import { isRollingBack } from "./model/status-readings.ts";
import type { OverlayIntent } from "./model/workload.ts";
import { isLatching } from "./people/turns.ts";
import { answeredStatuses } from "./pods/pods.ts";

/** A stored status as far as it can be read: each member by itself, without what this version doesn't know. */
export function readableStatus(raw: unknown): MigrationStatus {
  const whole = unpackStatus(raw);
  const stored: Readonly<Record<string, unknown>> = typeof whole === "object" && whole !== null ? { ...whole } : {};
  const readable = Object.entries(migrationStatusSchema.shape).flatMap(([name, schema]) => {
    const { data } = parseKnown<unknown>(schema, stored[name]);
    return data === undefined ? [] : [[name, data]];
  });
  return migrationStatusSchema.parse(Object.fromEntries(readable));
}

/** A person's Abort or Rollback is in force, or takes effect now. */
export function isCalledBack({ status }: Migration, { acts }: Observation, now: number): boolean {
  if (isFinalPhase(status.phase)) return false;
  if (status.acts?.latched !== undefined) return true;
  const seen = status.acts?.seen ?? [];
  return acts.ok && acts.value.some((act) => !seen.includes(act.uid) && isLatching(act, status, now));
}

/** The migration with what its rollback needs; the same object where nothing is missing, or nobody goes back. */
export function recover(migration: Migration, observation: Observation, now: number): Migration {
  const { status } = migration;
  if (status.revision !== undefined && status.source !== undefined && status.planHash !== "") return migration;
  const force = inForce(migration, observation);
  if (force === undefined) return migration;
  const planHash = status.planHash || force.document?.revision.plan || "unknown";
  const known = { ...migration, status: { ...status, planHash } };
  return goesBack(known, observation, now) ? complete(known, force, { observation, now }) : migration;
}

function goesBack(migration: Migration, observation: Observation, now: number): boolean {
  return migration.meta.deleting || isRollingBack(migration.status) || isCalledBack(migration, observation, now);
}

type Seen = { readonly observation: Observation; readonly now: number };

function complete(migration: Migration, force: InForce, { observation, now }: Seen): Migration {
  const { status } = migration;
  const source = status.source ?? sourceOf(force.document, observation);
  const revision = status.revision ?? revisionOf(status, force, now);
  const epoch = Math.max(status.epoch, revision.epoch);
  return { ...migration, status: { ...status, epoch, revision, ...(source === undefined ? {} : { source }) } };
}

type InForce = Pick<Revision, "epoch" | "primary" | "shadow" | "sampleRate"> & { readonly document?: Overlay };

/** What is in force of this migration, by its overlay, by the overlay's annotation, or by a pod that follows it. */
function inForce({ meta: { uid } }: Migration, observation: Observation): InForce | undefined {
  const overlay = observation.overlay.ok ? observation.overlay.value : null;
  const document = overlay?.document ?? undefined;
  if (document === undefined) return toldInForce(uid, overlay?.intent ?? null, observation);
  if (document.revision.migrationUid !== uid) return undefined;
  const { primary, shadow, sampleRate, revision } = document;
  return { epoch: revision.epoch, primary, shadow, sampleRate, document };
}

function toldInForce(uid: string, intent: OverlayIntent | null, observation: Observation): InForce | undefined {
  const [followed] = answeredStatuses(observation)
    .map(({ config }) => config)
    .filter(({ migrationUid }) => migrationUid === uid)
    .toSorted((a, b) => a.epoch - b.epoch);
  const epoch = intent?.migrationUid === uid ? intent.epoch : followed?.epoch;
  if (epoch === undefined) return undefined;
  return { epoch, primary: followed?.primary ?? "source", shadow: "none", sampleRate: 0 };
}

/** In force as it is; a rollback that had begun was on its way to the source. */
function revisionOf(status: MigrationStatus, { document, ...force }: InForce, now: number): Revision {
  const at = status.phaseStartedAt ?? new Date(now).toISOString();
  if (!isRollingBack(status) || document?.rollback === true) {
    return { ...force, released: document?.released ?? false, at };
  }
  return { epoch: force.epoch + 1, primary: "source", shadow: "none", sampleRate: 0, released: false, at };
}

/** The store that the overlay pins, as the pods' base names it. */
function sourceOf(document: Overlay | undefined, observation: Observation): MigrationStatus["source"] {
  const bases = answeredStatuses(observation).flatMap(({ base }) => (base === null ? [] : [base]));
  if (document === undefined) return bases[0];
  const { digest, storeDigest } = document.source;
  const pinned = bases.find((base) => isPinned(base, document.source));
  const kept = storeDigest === undefined ? { digest } : { digest: storeDigest, placeDigest: digest };
  return pinned ?? { kind: "unknown", label: "the source", ...kept };
}
