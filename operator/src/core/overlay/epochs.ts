// Epochs that pods, the overlay and its annotation speak of: which of them count, and who speaks of others.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { mostEpochs } from "@retriever/sidecar/contract/overlay.ts";
import type { MigrationMeta } from "../model/migration.ts";
import type { Observation } from "../model/observation.ts";
import { servingPods } from "../pods/pods.ts";

type Subject = {
  readonly meta: MigrationMeta;
  readonly status: Pick<MigrationStatus, "epoch">;
  readonly observation: Observation;
};

/** Who speaks of which epoch of this migration. Another migration's epochs are compared with nothing of ours. */
type Claim = { readonly who: string; readonly epoch: number; readonly isPod: boolean };

function claimsOf({ meta, observation }: Subject): Claim[] {
  const overlay = observation.overlay.ok ? observation.overlay.value : null;
  const revision = overlay?.document?.revision;
  const pods = (servingPods(observation) ?? []).flatMap(({ name, status }): Claim[] => {
    if (!status.ok || status.value.config.migrationUid !== meta.uid) return [];
    return [{ who: `pod ${name}`, epoch: status.value.config.epoch, isPod: true }];
  });
  return revision?.migrationUid === meta.uid
    ? [{ who: "the overlay", epoch: revision.epoch, isPod: false }, ...pods]
    : pods;
}

/**
 * The epoch of the next revision: above ours, and above what our own overlay or pods are one step ahead of us with, as
 * after a status that could not be written. Whoever claims more has no say in it: else one pod could use up all epochs.
 * At the last epoch it stays: sidecars follow another document of the same epoch.
 */
export function nextEpoch(subject: Subject): number {
  const { epoch } = subject.status;
  const seen = claimsOf(subject).map((claim) => claim.epoch);
  return Math.min(mostEpochs, Math.max(epoch, ...seen.filter((one) => one <= epoch + 1)) + 1);
}

/** A rollback that was written while the status could not be is at most one above what `nextEpoch` looks at. */
export function isWithinReach(epoch: number, { status }: Pick<Subject, "status">): boolean {
  return epoch <= Math.min(mostEpochs, status.epoch + 2);
}

/** Who speaks of epochs that this migration can't have reached by itself. */
export function epochsOutOfRange(subject: Subject): string[] {
  const overlay = subject.observation.overlay.ok ? subject.observation.overlay.value : null;
  const claims = claimsOf(subject).filter(({ epoch }) => epoch > subject.status.epoch + 1);
  const intent = overlay?.intent;
  const isForged = intent?.migrationUid === subject.meta.uid && !isWithinReach(intent.epoch, subject);
  return [...(isForged ? [{ who: "the overlay's annotation", epoch: intent.epoch }] : []), ...claims].map(
    ({ who, epoch }) => `${who} (${epoch})`,
  );
}

/**
 * Who is at a later epoch than the status, so that no forward step may be written: the overlay, or at least half of the
 * pods that answer. A smaller part speaks for nobody else: it lags, and is named.
 */
export function whoIsAhead(subject: Subject): string | undefined {
  const answering = (servingPods(subject.observation) ?? []).filter(({ status }) => status.ok).length;
  const ahead = claimsOf(subject).filter(({ epoch }) => epoch > subject.status.epoch);
  const [pod, ...others] = ahead.filter(({ isPod }) => isPod);
  const overlay = ahead.find(({ isPod }) => !isPod);
  if (pod !== undefined && (others.length + 1) * 2 >= answering) return `${pod.who} is at a later epoch`;
  return overlay === undefined ? undefined : `${overlay.who} is at epoch ${overlay.epoch}`;
}
