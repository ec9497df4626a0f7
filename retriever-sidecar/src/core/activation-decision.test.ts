import { identityOf } from "@retriever/stores/config/identity.ts";
import type { StoreChoice } from "@retriever/stores/config/store-spec.ts";
import type { Fault } from "@retriever/stores/errors.ts";
import { expect, test } from "vitest";
import { overlaySchema } from "#contract/overlay.ts";
import { makeOverlay } from "#test/documents.ts";
import {
  type ActivationInput,
  type ActiveConfig,
  type BaseReading,
  decideActivation as decideAt,
  type OverlayReading,
} from "./activation-decision.ts";

const missing: Fault = { code: "RETR_CREDENTIAL_MISSING", message: "missing" };
const broken: Fault = { code: "RETR_CONFIG_INVALID", message: "broken" };
const spec = { kind: "qdrant", url: "http://x" } as unknown as Extract<
  StoreChoice["resolved"],
  { spec: unknown }
>["spec"];

function store(host: string, fault?: Fault): StoreChoice {
  const identity = identityOf({ kind: "qdrant", host, port: 1, place: "c" });
  return { identity, kind: "qdrant", resolved: fault === undefined ? { spec } : { fault } };
}

function base(source: StoreChoice, shadow: StoreChoice | null = null): ActivationInput["base"] {
  const normalization = { strategy: "auto" as const, targetRange: [0, 1] as [number, number] };
  const value: BaseReading = {
    source,
    shadow,
    sampleRate: 0.3,
    normalization,
    exactSearch: null,
    plainCredentials: [],
  };
  return { kind: "valid", value };
}

type Change = Parameters<typeof makeOverlay>[2];

function overlay(change: Change = {}, destination = store("new")): { kind: "valid"; value: OverlayReading } {
  const text = makeOverlay(
    store("old").identity?.digest ?? "",
    { kind: "qdrant", url: "http://new", collection: "c" },
    change,
  );
  return { kind: "valid", value: { overlay: overlaySchema.parse(JSON.parse(text)), hash: text, destination } };
}

/** Decides in a process that has run since noon, at one o'clock. */
const [noon, one] = ["2030-01-01T12:00:00.000Z", "2030-01-01T13:00:00.000Z"];
const clock = { startedAtMs: Date.parse(noon), nowMs: Date.parse(one) };
type Input = Omit<ActivationInput, "clock"> & Partial<Pick<ActivationInput, "clock">>;
const decideActivation = (input: Input) => decideAt({ clock, ...input });

const absent = { kind: "absent" } as const;
const atDestination = { primary: "destination", shadow: "source", sampleRate: 0.05 } as const;

function run(input: Input): { config: ActiveConfig; fault: Fault | null } {
  const decision = decideActivation(input);
  if (decision.kind !== "run") throw new Error(decision.kind);
  return decision;
}

function start(baseNow: ActivationInput["base"], overlayNow: ActivationInput["overlay"]): ActiveConfig {
  return run({ base: baseNow, overlay: overlayNow, active: null }).config;
}

test("starting with a base alone serves its primary, and its own dual read", () => {
  expect(start(base(store("old")), absent)).toMatchObject({
    overlay: null,
    primary: "source",
    shadow: "none",
    sampleRate: 0,
  });
  const dual = start(base(store("old"), store("extra")), absent);
  expect(dual).toMatchObject({
    shadow: "destination",
    sampleRate: 0.3,
    destination: { identity: { label: "qdrant://extra:1/c" } },
  });
});

test("an overlay in force replaces the base's own dual read", () => {
  const config = start(base(store("old"), store("extra")), overlay({ shadow: "destination", sampleRate: 0.1 }));
  expect(config.destination?.identity?.label).toBe("qdrant://new:1/c");
  expect(config.sampleRate).toBe(0.1);
});

test("starting with an invalid base exits, also beside a valid overlay", () => {
  expect(decideActivation({ base: { kind: "invalid", fault: broken }, overlay: overlay(), active: null }).kind).toBe(
    "exit",
  );
});

test("starting with a base whose primary lacks its credential exits", () => {
  expect(decideActivation({ base: base(store("old", missing)), overlay: absent, active: null })).toEqual({
    kind: "exit",
    fault: missing,
  });
});

test("starting with an unreadable overlay waits and never guesses a primary", () => {
  const invalid = { kind: "invalid", fault: broken } as const;
  expect(decideActivation({ base: base(store("old")), overlay: invalid, active: null })).toEqual({
    kind: "wait",
    fault: broken,
  });
});

test("starting where the overlay's primary lacks its credential waits for a rollback instead of guessing", () => {
  const decision = decideActivation({
    base: base(store("old")),
    overlay: overlay(atDestination, store("new", missing)),
    active: null,
  });
  expect(decision).toEqual({ kind: "wait", fault: missing });
});

test("a missing credential of the shadow stops neither a start nor a change", () => {
  const shadowing = overlay({ shadow: "destination", sampleRate: 0.1 }, store("new", missing));
  expect(start(base(store("old")), shadowing).shadow).toBe("destination");
  expect(start(base(store("old", missing)), overlay(atDestination)).primary).toBe("destination");
});

test("a source whose location depends on a missing credential is taken for the pinned one", () => {
  const nowhere: StoreChoice = { identity: null, kind: "pgvector", resolved: { fault: missing } };
  const config = start(base(nowhere), overlay(atDestination));
  expect(config).toMatchObject({ primary: "destination", shadow: "source", sourceChanged: false, baseIdentity: null });
});

test("a rollback is put in force though the destination lacks its credential, its host or everything", () => {
  const active = start(base(store("old")), overlay({ ...atDestination, epoch: 4 }));
  const back = overlay({ epoch: 5 }, store("new", missing));
  const { config, fault } = run({ base: { kind: "invalid", fault: broken }, overlay: back, active });
  expect(config).toMatchObject({
    primary: "source",
    shadow: "none",
    overlay: { hash: back.value.hash },
    baseIdentity: null,
  });
  expect(fault).toBe(broken);
});

test("a running sidecar refuses a primary that lacks its credential and keeps what it has", () => {
  const active = start(base(store("old")), overlay({ epoch: 4 }));
  const { config, fault } = run({
    base: base(store("old")),
    overlay: overlay({ ...atDestination, epoch: 5 }, store("new", missing)),
    active,
  });
  expect(config.overlay?.overlay.revision.epoch).toBe(4);
  expect(fault).toBe(missing);
});

test("a running sidecar keeps the old overlay while the new one can't be read", () => {
  const active = start(base(store("old")), overlay(atDestination));
  const { config, fault } = run({ base: base(store("old")), overlay: { kind: "invalid", fault: broken }, active });
  expect(config).toEqual(active);
  expect(fault).toBe(broken);
});

test("the base changes its store under an overlay: a running sidecar keeps its source, and says so", () => {
  const active = start(base(store("old")), overlay(atDestination));
  const changed = run({ base: base(store("new")), overlay: overlay(atDestination), active }).config;
  expect(changed).toMatchObject({ sourceChanged: true, primary: "destination", shadow: "source" });
  expect(changed.source).toEqual(store("old"));
  expect(changed.baseIdentity).toEqual(store("new").identity);
  const rolledBack = run({ base: base(store("new")), overlay: overlay({ epoch: 2 }), active: changed }).config;
  expect(rolledBack).toMatchObject({ primary: "source", source: store("old"), sourceChanged: true });
  const restored = run({ base: base(store("old")), overlay: overlay({ epoch: 2 }), active: rolledBack }).config;
  expect(restored.sourceChanged).toBe(false);
});

test("the base changed its store and a sidecar starts: destination alone, or the base unacknowledged", () => {
  const alone = start(base(store("other")), overlay(atDestination));
  expect(alone).toMatchObject({
    primary: "destination",
    shadow: "none",
    sampleRate: 0,
    source: null,
    sourceChanged: true,
  });
  expect(alone.overlay).not.toBeNull();
  const { config, fault } = run({
    base: base(store("other")),
    overlay: overlay({ shadow: "destination", sampleRate: 1 }),
    active: null,
  });
  expect(config).toMatchObject({
    overlay: null,
    primary: "source",
    shadow: "none",
    sourceChanged: true,
    source: store("other"),
  });
  expect(fault?.code).toBe("RETR_SOURCE_CHANGED");
  const later = run({ base: base(store("other")), overlay: overlay({ ...atDestination, epoch: 2 }), active: config });
  expect(later.config).toMatchObject({ primary: "destination", shadow: "none", source: null, sourceChanged: true });
});

test("an overlay that vanishes unreleased stays in force, is reported, and is back when the file is", () => {
  const active = start(base(store("old")), overlay(atDestination));
  const vanished = run({ base: base(store("old")), overlay: absent, active }).config;
  expect(vanished).toEqual({ ...active, overlayState: "vanished" });
  expect(run({ base: base(store("old")), overlay: overlay(atDestination), active: vanished }).config).toEqual(active);
});

test("an overlay that vanishes after having been released hands over to the base", () => {
  const active = start(
    base(store("new")),
    overlay({ ...atDestination, shadow: "none", sampleRate: 0, released: true }),
  );
  const config = run({ base: base(store("new")), overlay: absent, active }).config;
  expect(config).toMatchObject({
    overlay: null,
    overlayState: "absent",
    primary: "source",
    source: store("new"),
    sourceChanged: false,
  });
});

test("an older epoch of the same migration is refused, another migration's is not", () => {
  const active = start(base(store("old")), overlay({ epoch: 9 }));
  const older = run({ base: base(store("old")), overlay: overlay({ ...atDestination, epoch: 8 }), active });
  expect(older.config.overlay?.overlay.revision.epoch).toBe(9);
  expect(older.fault?.path).toBe("revision.epoch");
  const other = run({ base: base(store("old")), overlay: overlay({ epoch: 1, migrationUid: "migration-2" }), active });
  expect(other.config.overlay?.overlay.revision.epoch).toBe(1);
});

test("a cutover that is read after its deadline is not followed: the source serves on, and the status can say so", () => {
  const active = start(base(store("old")), overlay({ shadow: "destination", sampleRate: 0.1 }));
  const cutover = (activationDeadline: string) => overlay({ epoch: 2, ...atDestination, activationDeadline });
  const late = run({ base: base(store("old")), overlay: cutover("2030-01-01T12:59:59.999Z"), active });
  expect(late.fault).toBeNull();
  expect(late.config).toEqual({ ...active, fenced: 2 });
  const inTime = run({ base: base(store("old")), overlay: cutover(one), active });
  expect(inTime.config).toMatchObject({ primary: "destination", fenced: null });
});

test("a fenced process follows a rollback and a later cutover, and one that starts after the deadline follows at once", () => {
  const cutover = overlay({ epoch: 2, ...atDestination, activationDeadline: "2030-01-01T12:30:00.000Z" });
  const active = run({ base: base(store("old")), overlay: cutover, active: start(base(store("old")), absent) }).config;
  expect(active).toMatchObject({ overlay: null, overlayState: "absent", primary: "source", fenced: 2 });
  const rolledBack = run({ base: base(store("old")), overlay: overlay({ epoch: 3 }), active });
  expect(rolledBack.config).toMatchObject({ primary: "source", overlayState: "in-force", fenced: null });
  const again = overlay({ epoch: 3, ...atDestination, activationDeadline: "2030-01-01T13:01:00.000Z" });
  expect(run({ base: base(store("old")), overlay: again, active }).config).toMatchObject({ primary: "destination" });
  expect(start(base(store("old")), cutover)).toMatchObject({ primary: "destination", fenced: null });
});
