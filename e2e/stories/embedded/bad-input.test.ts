// Stories of input that can't work: the message names field and expectation, and nothing was changed.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { namespace } from "#support/world/application-manifests.ts";
import { conditionOf, migrationsPath } from "#support/world/migration-status.ts";
import { configMapsPath, deploymentsPath, type Play, startPlay } from "./play.ts";
import { collection, narrowCollection, openStage, type Stage } from "./stage.ts";
import { storyMigration } from "./story-migration.ts";
import { eventOf, overlayOf } from "./traces.ts";

let stage: Stage;
let play: Play;
beforeAll(async () => {
  stage = await openStage("bad-input");
  play = await startPlay(stage, "steady");
});
afterAll(async () => {
  await play.close();
  await stage.close();
});

const destination = { kind: "qdrant", url: "http://127.0.0.1:1", collection } as const;
const someone = { name: "refused", target: "steady", destination };

/** What the API says to this migration; it must refuse it. */
async function refusal(changes: object): Promise<string> {
  const object = storyMigration(someone, changes);
  const answer = await stage.world.client.create(migrationsPath, object).then(
    () => "it was accepted",
    (fault: unknown) => (fault instanceof Error ? fault.message : String(fault)),
  );
  expect(await stage.world.client.get(`${migrationsPath}/refused`)).toBeUndefined();
  return answer;
}

async function nothingChanged(of: Play, pods = of.pods()): Promise<void> {
  expect(await overlayOf(of)).toBeUndefined();
  for (const { annotations } of pods) expect(annotations).not.toHaveProperty("retriever.dev/config-epoch");
}

describe("an invalid manifest is refused by the API with field, value and expectation", () => {
  it.each([
    {
      what: "a rate above 1",
      changes: { stages: [{ sampleRate: 1.5 }] },
      says: [/spec\.stages\[0\]\.sampleRate/, /1\.5/, /less than or equal to 1/],
    },
    {
      what: "a duration in words",
      changes: { guard: { duration: "a day" } },
      says: [/spec\.guard\.duration/, /a day/, /should match/],
    },
    { what: "an unknown mode", changes: { mode: "Mirror" }, says: [/spec\.mode/, /Mirror/, /"Migrate", "Validate"/] },
    {
      what: "stages that don't rise",
      changes: { stages: [{ sampleRate: 0.5 }, { sampleRate: 0.2 }] },
      says: [/spec\.stages/, /ris/],
    },
    {
      what: "a variable that isn't a retriever credential",
      changes: { destination: { ...destination, apiKey: { fromEnv: "PGVECTOR_URL" } } },
      says: [/spec\.destination/, /PGVECTOR_URL/, /RETRIEVER_CRED_/],
    },
    {
      what: "a store of no known kind",
      changes: { destination: { kind: "faiss", url: "http://127.0.0.1:1" } },
      says: [/spec\.destination\.kind/, /faiss/, /"pgvector", "qdrant"|"qdrant", "pgvector"/],
    },
  ])("$what", async ({ changes, says }) => {
    const message = await refusal(changes);
    for (const part of says) expect(message).toMatch(part);
    await nothingChanged(play);
  });

  it("a target changed after the start", async () => {
    const moving = await startPlay(stage, "moving", { ratePerSecond: 0 });
    await moving.migrate();
    await moving.reach("WarmUp");
    const change = stage.world.client.mergePatch(`${migrationsPath}/moving`, { spec: { target: { name: "steady" } } });
    await expect(change).rejects.toThrow(/spec\.target.*(immutable|can't change|cannot change)/s);
    await moving.close();
  });
});

describe.concurrent("an application that can't be migrated is refused with the reason, and nothing is changed", () => {
  it("an unknown target", async () => {
    await stage.world.client.create(migrationsPath, storyMigration({ ...someone, name: "nobody", target: "nobody" }));
    const nobody = { ...play, name: "nobody" };
    const event = await eventOf(nobody, "TargetNotFound");
    expect(event).toMatchObject({ type: "Warning" });
    expect(event.message).toBe("spec.target: Deployment nobody does not exist in this namespace");
    await stage.world.client.remove(`${migrationsPath}/nobody`);
    await nothingChanged(play);
  });

  it.each([
    {
      what: "no base ConfigMap",
      name: "no-base",
      bases: [],
      reason: "NoBase",
      says: /retriever\.json or retriever\.yaml.*expected one/,
    },
    {
      what: "two base ConfigMaps",
      name: "two-bases",
      bases: ["one", "two"],
      reason: "SeveralBases",
      says: /expected one base ConfigMap, found 2: .*one, .*two/,
    },
  ])("$what", async ({ name, bases, reason, says }) => {
    await deployment(name, bases);
    for (const base of bases) await configMap(`${name}-${base}`, '{"primary":{}}');
    await stage.world.client.create(migrationsPath, storyMigration({ ...someone, name, target: name }));
    expect(await refusedInPending({ ...play, name }, reason)).toMatch(says);
  });

  it.each([
    {
      name: "base-no-json",
      text: '{"primary": {',
      says: /base ConfigMap base-no-json-only: \(root\): expected JSON or YAML; line 1/,
    },
    {
      name: "base-no-store",
      text: '{"primary": {"kind": "faiss"}}',
      says: /base ConfigMap base-no-store-only: primary\.kind: .*(pgvector|qdrant)/,
    },
  ])("a base that says $text", async ({ name, text, says }) => {
    await deployment(name, ["only"]);
    await configMap(`${name}-only`, text);
    await stage.world.client.create(migrationsPath, storyMigration({ ...someone, name, target: name }));
    expect(await refusedInPending({ ...play, name }, "InvalidBase")).toMatch(says);
  });

  /** The message of event and status; nothing else must be there. */
  async function refusedInPending(of: Play, reason: string): Promise<string> {
    const { message } = await eventOf(of, reason);
    expect(await stage.world.client.get(`${configMapsPath}/${of.name}-retriever-migration`)).toBeUndefined();
    const object = await stage.world.client.get(`${migrationsPath}/${of.name}`);
    expect(object).toMatchObject({ status: { phase: "Pending", message } });
    expect(object?.metadata).not.toHaveProperty("finalizers");
    await stage.world.client.remove(`${migrationsPath}/${of.name}`);
    return message;
  }

  async function configMap(name: string, text: string): Promise<void> {
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace },
      data: { "retriever.json": text },
    };
    await stage.world.client.create(configMapsPath, object);
  }

  /** A Deployment without pods: what is wrong with its volumes is seen without them. */
  async function deployment(name: string, bases: readonly string[]): Promise<void> {
    const labels = { "app.kubernetes.io/name": name };
    const sources = [
      ...bases.map((base) => ({ configMap: { name: `${name}-${base}` } })),
      { configMap: { name: `${name}-retriever-migration`, optional: true } },
    ];
    const container = {
      name: "retriever-sidecar",
      image: "retriever-sidecar",
      args: ["serve", "--config", "/etc/retriever"],
      volumeMounts: [{ name: "config", mountPath: "/etc/retriever" }],
    };
    const template = {
      metadata: { labels },
      spec: { containers: [container], volumes: [{ name: "config", projected: { sources } }] },
    };
    const spec = { replicas: 0, selector: { matchLabels: labels }, template };
    await stage.world.client.create(deploymentsPath, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace },
      spec,
    });
  }
});

describe.concurrent("a destination that can't be used stops in Preflight with Reachable=False, and the pods serve on", () => {
  it.each([
    { what: "unreachable", name: "to-nowhere", reason: "Unreachable", says: /can't be reached/ },
    { what: "with a wrong credential", name: "to-locked", reason: "CredentialRefused", says: /refused the credential/ },
    { what: "without the collection", name: "to-missing", reason: "CollectionMissing", says: /does not exist/ },
    {
      what: "with vectors of another dimension",
      name: "to-narrow",
      reason: "WrongDimension",
      says: /holds vectors of dimension 128, expected 384 as at the source/,
    },
    {
      what: "on a host that the pods don't allow",
      name: "to-forbidden",
      reason: "HostNotAllowed",
      says: /host 127\.0\.0\.1:\d+ isn't listed in RETRIEVER_ALLOWED_HOSTS/,
    },
  ])("$what", async ({ name, reason, says }) => {
    const own = await startPlay(stage, name, {
      ratePerSecond: 5,
      ...(name === "to-locked" ? { qdrantKey: "not-the-key" } : {}),
      ...(name === "to-forbidden" ? { allowedHosts: "qdrant.example" } : {}),
    });
    if (name === "to-nowhere") await own.destination.degrade.refuse();
    const places: Readonly<Record<string, string>> = { "to-missing": "no-such", "to-narrow": narrowCollection };
    const { url } = own.destination;
    const apiKey = { fromEnv: "RETRIEVER_CRED_QDRANT" };
    await own.migrate({ destination: { kind: "qdrant", url, collection: places[name] ?? collection, apiKey } });
    const status = await own.conditionIs("Reachable", "False", reason);
    expect(status.phase).toBe("Preflight");
    expect(conditionOf(status, "Reachable")?.message).toMatch(says);
    await own.see("the message says it", ({ message }) => says.test(message));
    expect(await overlayOf(own)).toMatchObject({ primary: "source", shadow: "none", sampleRate: 0 });
    for (const { config } of await own.sidecars()) expect(config.primary).toBe("source");
    expect(own.load?.counts().failuresByReason).toEqual({});
    await own.close();
  });
});
