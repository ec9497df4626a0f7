// Pending: there must be one workload, one base, one claim, and another store to go to. Nothing is written before.
import { planHash } from "@retriever/crds/spec/plan.ts";
import { overlaySchemas } from "@retriever/sidecar/contract/overlay.ts";
import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";
import { identityOf, isSamePlace, isSameStore, type StoreIdentity } from "@retriever/stores/config/identity.ts";
import { locateOverlayAdapter } from "@retriever/stores/kinds.ts";
import { sidecarSource } from "../checks/alerts.ts";
import { predecessorOf, rivalOf, rolledBackBefore } from "../checks/claims.ts";
import { refuseByPolicy } from "../checks/policies.ts";
import type { Context } from "../model/context.ts";
import type { Outcome, Standing } from "../model/decision.ts";
import type { ClaimObservation } from "../model/observation.ts";
import type { PodObservation, TargetObservation } from "../model/workload.ts";
import { isStrangers } from "../overlay/overlay-state.ts";
import { acceptedChecks } from "../people/current-spec.ts";
import { neededPods } from "../pods/acks.ts";
import { describePlainTextRefused, plainTextReason } from "../pods/plain-text.ts";
import { answeredStatuses, nameSome } from "../pods/pods.ts";
import { move, stay } from "../steps/transition.ts";

/** What there has to be before a plan is accepted, in the order in which it is asked. */
type Prerequisite = "spec" | "target" | "claim" | "overlay" | "pods" | "policy" | "repetition";
type Refusal = { readonly standing: Standing; readonly reason: string; readonly message: string };

const prerequisites: readonly (readonly [Prerequisite, (c: Context) => Refusal | undefined])[] = [
  ["spec", refuseSpec],
  ["target", refuseTarget],
  ["claim", refuseClaim],
  ["overlay", refuseOverlay],
  ["pods", refusePods],
  ["policy", refuseByPolicy],
  ["repetition", refuseRepetition],
];

/** Everything that is missing. Of a workload that isn't as it must be the pods say nothing. */
export function missingPrerequisites(c: Context): readonly (Refusal & { readonly name: Prerequisite })[] {
  const found = prerequisites.flatMap(([name, ask]) => {
    const refusal = ask(c);
    return refusal === undefined ? [] : [{ name, ...refusal }];
  });
  const hasTarget = !found.some(({ name }) => name === "target");
  return found.filter(({ name }) => hasTarget || name !== "pods");
}

export function pending(c: Context): Outcome {
  const [refusal] = missingPrerequisites(c);
  if (refusal !== undefined) {
    const outcome = stay(c, refusal.standing, refusal.reason, refusal.message);
    return { ...outcome, requeueAfterMs: Math.max(5000, c.pollMs) };
  }
  return accept(c);
}

function accept(c: Context): Outcome {
  const bases = basesOf(c);
  // The one that says most: an earlier version leaves the vector out.
  const source = bases.find(({ placeDigest }) => placeDigest !== undefined) ?? bases[0];
  if (source === undefined) return stay(c, "blocked", "BaseUnknown", "the sidecars have no valid base");
  const destination = identityOf(locateOverlayAdapter(c.plan.destination));
  const accepted = {
    source,
    destination,
    planHash: planHash(c.plan),
    plan: JSON.stringify(c.plan),
    ...acceptedChecks(c.migration, c.observation.policies),
  };
  const isWithinPlace = isSamePlace(source, destination);
  if (isWithinPlace && bases.some(({ placeDigest }) => placeDigest === undefined)) {
    const message = `a sidecar doesn't say which vector of ${source.label} it serves from: upgrade the sidecars first`;
    return stay(c, "blocked", "SidecarTooOld", message);
  }
  if (source.digest === destination.digest) {
    const message = `the application already serves from ${destination.label}; nothing was changed`;
    return move(c, {
      phase: "Completed",
      reason: "AlreadyAtDestination",
      message,
      patch: { ...accepted, completedAt: c.nowIso },
      standing: "waiting",
    });
  }
  return move(c, {
    phase: "Preflight",
    reason: "Accepted",
    message: `accepted plan ${accepted.planHash}: ${source.label} to ${destination.label}; every pod probes the destination`,
    intent: { primary: "source", shadow: "none", sampleRate: 0, released: false },
    patch: accepted,
  });
}

function basesOf({ observation }: Context): StoreIdentity[] {
  return answeredStatuses(observation).flatMap(({ base }) => (base === null ? [] : [base]));
}

function refuseSpec({ plan, observation }: Context): Refusal | undefined {
  const { source } = plan.metrics;
  const names = observation.alerts?.names ?? [];
  if (source === sidecarSource || names.includes(source)) return undefined;
  const known = [sidecarSource, ...names].join(", ");
  return {
    standing: "blocked",
    reason: "UnknownMetricsSource",
    message: `spec.metrics.source: got ${source}, expected one of ${known} (the administrator's file names the sources)`,
  };
}

function refuseTarget({ observation, plan }: Context): Refusal | undefined {
  const where = `spec.target: ${plan.target.kind} ${plan.target.name}`;
  if (!observation.target.ok)
    return { standing: "blocked", reason: "NotObserved", message: `${where} can't be read: ${observation.target.why}` };
  const target = observation.target.value;
  if (!target.found)
    return { standing: "blocked", reason: "TargetNotFound", message: `${where} does not exist in this namespace` };
  if (!target.hasSidecar)
    return { standing: "blocked", reason: "NoSidecar", message: `${where} has no container named retriever-sidecar` };
  if (!target.mountsOverlay) {
    return {
      standing: "blocked",
      reason: "OverlayNotMounted",
      message: `${where} does not project ConfigMap ${plan.target.name}-retriever-migration (optional: true, without subPath) into the sidecar's config folder`,
    };
  }
  return refuseBase(target);
}

function refuseBase(target: Extract<TargetObservation, { found: true }>): Refusal | undefined {
  const { baseConfigMaps, baseFaults } = target;
  if (baseConfigMaps.length === 0) {
    return {
      standing: "blocked",
      reason: "NoBase",
      message:
        "no non-optional ConfigMap with retriever.json or retriever.yaml is projected into the config folder; expected one",
    };
  }
  if (baseConfigMaps.length > 1) {
    return {
      standing: "blocked",
      reason: "SeveralBases",
      message: `expected one base ConfigMap, found ${baseConfigMaps.length}: ${baseConfigMaps.join(", ")}`,
    };
  }
  if (baseFaults.length === 0) return undefined;
  const faults = baseFaults.map((fault) => `${fault.path}: ${fault.message}`).join("; ");
  return { standing: "blocked", reason: "InvalidBase", message: `base ConfigMap ${baseConfigMaps[0]}: ${faults}` };
}

/** Its turn comes when the one before it has arrived; after a rollback there is nothing to follow. */
function awaitPredecessor({ name, phase }: ClaimObservation): Refusal {
  if (phase !== "RolledBack") {
    const message = `migration ${name} (${phase}) comes first: its guard.next names this one, which starts once it is settled`;
    return { standing: "waiting", reason: "WaitsForPredecessor", message };
  }
  const message = `migration ${name} was rolled back, and its guard.next names this one; delete it to start this one all the same`;
  return { standing: "blocked", reason: "PredecessorRolledBack", message };
}

function refuseClaim({ observation, meta, plan }: Context): Refusal | undefined {
  if (!observation.claims.ok)
    return {
      standing: "blocked",
      reason: "NotObserved",
      message: `other migrations can't be listed: ${observation.claims.why}`,
    };
  const before = predecessorOf(meta, observation.claims.value);
  if (before !== undefined) return awaitPredecessor(before);
  const rival = rivalOf(meta, plan, observation.claims.value);
  if (rival === undefined) return undefined;
  return {
    standing: "stuck",
    reason: "TargetClaimed",
    message: `migration ${rival.name} (${rival.phase}) has this target; it ends at RolledBack, Settled or deletion`,
  };
}

/** What was rolled back once isn't tried again by applying the same manifest again. */
function refuseRepetition({ plan, observation, status }: Context): Refusal | undefined {
  const before = rolledBackBefore(plan, observation);
  if (before === undefined || status.acts?.retriedBy !== undefined) return undefined;
  return {
    standing: "waiting",
    reason: "RolledBackBefore",
    message: `migration ${before.name} had the same plan ${before.planHash} and was rolled back; create a Promote act to run it again`,
  };
}

/** Undefined where all pods have the same base. */
function describeBases(statuses: readonly SidecarStatus[]): string | undefined {
  const all = statuses.map(({ base }) => base);
  const isSame = all.every((a) => all.every((b) => (a === null || b === null ? a === b : isSameStore(a, b))));
  if (isSame) return undefined;
  const labels = new Set(all.map((base) => base?.label ?? "no valid base"));
  return `pods disagree about their base: ${[...labels].join(" / ")}`;
}

/** None is ours yet: status is written before the first overlay. One of our own uid means that the status was lost. */
function refuseOverlay({ observation }: Context): Refusal | undefined {
  if (!observation.overlay.ok)
    return {
      standing: "blocked",
      reason: "NotObserved",
      message: `the overlay can't be read: ${observation.overlay.why}`,
    };
  const { value: overlay } = observation.overlay;
  if (overlay === null) return undefined;
  const message = isStrangers(overlay)
    ? "a ConfigMap of the overlay's name is somebody else's; rename or delete it"
    : "an overlay of an earlier migration is still in force; make the base name the store it serves, then delete that ConfigMap";
  return { standing: "blocked", reason: "OverlayInForce", message };
}

/** Why too few pods answer. */
function refuseSilence(silent: readonly PodObservation[]): Refusal {
  const message = describePlainTextRefused(silent);
  if (message !== undefined) return { standing: "blocked", reason: plainTextReason, message };
  const names = nameSome(silent.map((pod) => pod.name));
  return { standing: "blocked", reason: "SidecarSilent", message: `waiting for the sidecar of ${names}` };
}

function refusePods({ observation, serving, plan }: Context): Refusal | undefined {
  if (!observation.pods.ok)
    return { standing: "blocked", reason: "NotObserved", message: `pods can't be listed: ${observation.pods.why}` };
  const statuses = answeredStatuses(observation);
  if (serving.length === 0)
    return {
      standing: "blocked",
      reason: "NoPods",
      message: "no pod with a running sidecar; an empty set is unknown, so nothing starts",
    };
  const silent = serving.filter((pod) => !pod.status.ok && !pod.nodeLost);
  if (statuses.length < neededPods(plan, statuses.length + silent.length)) return refuseSilence(silent);
  const differing = describeBases(statuses);
  if (differing !== undefined) return { standing: "blocked", reason: "BasesDiffer", message: differing };
  const unable = statuses.filter(
    (pod) => !overlaySchemas.some((schema) => pod.readableOverlaySchemas.includes(schema)),
  );
  if (unable.length === 0) return undefined;
  return {
    standing: "blocked",
    reason: "SidecarTooOld",
    message: `${nameSome(unable.map((pod) => pod.podName))} can't read overlay schema ${overlaySchemas.join(" or ")}`,
  };
}
