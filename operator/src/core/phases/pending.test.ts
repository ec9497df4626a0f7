// Pending asked by itself, without the guards before it: nothing is accepted over what can't be read.
import { describe, expect, it } from "vitest";
import { destinationIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration, anObservation, aPod, noon, overlayOf } from "#test/builders/world.ts";
import { assess } from "../assess.ts";
import type { Migration } from "../model/migration.ts";
import type { Observation } from "../model/observation.ts";
import { pending } from "./pending.ts";

const migration = aMigration().build();
const pods = ["pod-1", "pod-2"].map((name) => aPod(name).build());

function asked(more: Partial<Observation> = {}, asking: Migration = migration) {
  const { spec } = asking;
  if (!spec.ok) throw new Error("the usual spec parses");
  const observation = anObservation(asking, {}, { pods: { ok: true, value: pods }, ...more });
  return pending(assess(asking, spec.value, observation, noon));
}

it.each([
  ["target", "spec.target: Deployment search-api can't be read: timed out"],
  ["claims", "other migrations can't be listed: timed out"],
  ["overlay", "the overlay can't be read: timed out"],
  ["pods", "pods can't be listed: timed out"],
] as const)("a %s that can't be read keeps it waiting, with its reason and no hurry", (part, message) => {
  const { status, standing, reason, requeueAfterMs } = asked({ [part]: { ok: false, why: "timed out" } });
  expect({ phase: status.phase, message: status.message }).toEqual({ phase: "Pending", message });
  expect({ standing, reason, requeueAfterMs }).toEqual({
    standing: "blocked",
    reason: "NotObserved",
    requeueAfterMs: 5000,
  });
});

it("with everything there accepts the plan as epoch 1, by its hash, and tells it once", () => {
  const { status, announcements } = asked();
  expect(status).toMatchObject({ phase: "Preflight", epoch: 1, revision: { primary: "source", shadow: "none" } });
  expect(announcements).toMatchObject([{ type: "Normal", reason: "Accepted", severity: null }]);
  expect(announcements[0]?.message).toContain(`accepted plan ${status.planHash}: pgvector://`);
});

const theirs = { base: destinationIdentity };

it.each([
  { changed: ["pod-1"], more: theirs, reason: "BasesDiffer", words: "pods disagree about their base" },
  {
    changed: ["pod-1", "pod-2"],
    more: { base: null },
    reason: "BaseUnknown",
    words: "the sidecars have no valid base",
  },
  { changed: ["pod-2"], more: { base: null }, reason: "BasesDiffer", words: "/ no valid base" },
  {
    changed: ["pod-2"],
    more: { readableOverlaySchemas: [2] },
    reason: "SidecarTooOld",
    words: "pod-2 can't read overlay schema 1",
  },
])("$changed that say $more keep it waiting: $reason", ({ changed, more, reason, words }) => {
  const value = ["pod-1", "pod-2"].map((name) => {
    const pod = aPod(name);
    return (changed.includes(name) ? pod.saying(() => more) : pod).build();
  });
  const outcome = asked({ pods: { ok: true, value } });
  expect(outcome).toMatchObject({ reason, standing: "blocked", status: { phase: "Pending" } });
  expect(outcome.status.message).toContain(words);
});

describe("a target that isn't as it must be keeps it waiting, and the message says what is expected", () => {
  const found = {
    found: true,
    namespaceTerminating: false,
    replicas: 2,
    hasSidecar: true,
    mountsOverlay: true,
    baseConfigMaps: ["search-api-retriever"],
    baseFaults: [],
  } as const;
  const where = "spec.target: Deployment search-api";
  const faults = [
    { path: "primary.url", message: "expected a URL" },
    { path: "primary.kind", message: "expected qdrant or pgvector" },
  ];

  it.each([
    [{ found: false, namespaceTerminating: false }, "TargetNotFound", `${where} does not exist in this namespace`],
    [{ ...found, hasSidecar: false }, "NoSidecar", `${where} has no container named retriever-sidecar`],
    [
      { ...found, mountsOverlay: false },
      "OverlayNotMounted",
      `${where} does not project ConfigMap search-api-retriever-migration (optional: true, without subPath) into the sidecar's config folder`,
    ],
    [
      { ...found, baseConfigMaps: [] },
      "NoBase",
      "no non-optional ConfigMap with retriever.json or retriever.yaml is projected into the config folder; expected one",
    ],
    [{ ...found, baseConfigMaps: ["a", "b"] }, "SeveralBases", "expected one base ConfigMap, found 2: a, b"],
    [
      { ...found, baseFaults: faults },
      "InvalidBase",
      "base ConfigMap search-api-retriever: primary.url: expected a URL; primary.kind: expected qdrant or pgvector",
    ],
  ] as const)("%o: %s", (value, reason, message) => {
    const target: Observation["target"] = { ok: true, value };
    expect(asked({ target })).toMatchObject({ standing: "blocked", reason, status: { phase: "Pending", message } });
  });
});

describe("another migration", () => {
  const claim = { name: "other", uid: "other", createdAt: 0, phase: "Ramp", accepted: true, settled: false } as const;

  it.each([
    {
      it: "has the target",
      other: claim,
      standing: "stuck",
      reason: "TargetClaimed",
      message: "migration other (Ramp) has this target; it ends at RolledBack, Settled or deletion",
    },
    {
      it: "comes first and is under way",
      other: { ...claim, next: migration.meta.name },
      standing: "waiting",
      reason: "WaitsForPredecessor",
      message: "migration other (Ramp) comes first: its guard.next names this one, which starts once it is settled",
    },
    {
      it: "came first and was rolled back",
      other: { ...claim, phase: "RolledBack", next: migration.meta.name },
      standing: "blocked",
      reason: "PredecessorRolledBack",
      message:
        "migration other was rolled back, and its guard.next names this one; delete it to start this one all the same",
    },
  ] as const)("that $it is named: $reason", ({ other, standing, reason, message }) => {
    const claims: Observation["claims"] = { ok: true, value: [other] };
    expect(asked({ claims })).toMatchObject({ standing, reason, status: { phase: "Pending", message } });
  });

  it("with the same plan that was rolled back is not repeated until somebody promotes it", () => {
    const { planHash } = asked().status;
    const rolledBack = { ...claim, phase: "RolledBack", planHash } as const;
    const claims: Observation["claims"] = { ok: true, value: [rolledBack] };
    expect(asked({ claims })).toMatchObject({
      standing: "waiting",
      reason: "RolledBackBefore",
      status: {
        phase: "Pending",
        message: `migration other had the same plan ${planHash} and was rolled back; create a Promote act to run it again`,
      },
    });
    const retried = aMigration().with({ acts: { seen: [], paused: false, retriedBy: "user-a" } });
    expect(asked({ claims }, retried.build()).status.phase).toBe("Preflight");
  });
});

it("without a pod, or with one that is silent, starts nothing and says which", () => {
  expect(asked({ pods: { ok: true, value: [] } })).toMatchObject({
    standing: "blocked",
    reason: "NoPods",
    status: { message: "no pod with a running sidecar; an empty set is unknown, so nothing starts" },
  });
  const value = [aPod("pod-1").build(), aPod("pod-2").silent().build()];
  expect(asked({ pods: { ok: true, value } })).toMatchObject({
    standing: "blocked",
    reason: "SidecarSilent",
    status: { message: "waiting for the sidecar of pod-2" },
  });
});

it("over an overlay that is there refuses, and says how to get rid of it", () => {
  const value = overlayOf(aMigration().in("Guard").build());
  expect(asked({ overlay: { ok: true, value } })).toMatchObject({
    standing: "blocked",
    reason: "OverlayInForce",
    status: {
      message:
        "an overlay of an earlier migration is still in force; make the base name the store it serves, then delete that ConfigMap",
    },
  });
});

it("takes the metrics of a source that the administrator configured, and names all it knows otherwise", () => {
  const asking = aMigration(aSpec({ metrics: { source: "main" } })).build();
  const message =
    "spec.metrics.source: got main, expected one of Sidecars, other, third (the administrator's file names the sources)";
  expect(asked({ alerts: { names: ["other", "third"] } }, asking)).toMatchObject({
    standing: "blocked",
    reason: "UnknownMetricsSource",
    status: { message },
  });
  expect(asked({ alerts: { names: ["other", "main"] } }, asking).status.phase).toBe("Preflight");
});

it("whose pods serve from the destination already is completed, and nothing is written", () => {
  const value = ["pod-1", "pod-2"].map((name) =>
    aPod(name)
      .saying(() => theirs)
      .build(),
  );
  const outcome = asked({ pods: { ok: true, value } });
  expect(outcome).toMatchObject({
    standing: "waiting",
    status: { phase: "Completed", epoch: 0, completedAt: new Date(noon).toISOString() },
  });
  expect(outcome.status.message).toBe(
    `the application already serves from ${destinationIdentity.label}; nothing was changed`,
  );
});
