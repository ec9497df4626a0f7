import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import type { KubeObject, ObjectMeta } from "#kube/documents.ts";
import { makeKubeRequest } from "#kube/kube-request.ts";
import type { EventSource } from "#ports/event-source.ts";
import { type Played, playServer, reply, until } from "#test/api-server.ts";
import { makeSystemClock } from "../system-clock.ts";
import { makeKubernetesEventSource } from "./kubernetes-event-source.ts";

let played: Played | undefined;
let events: EventSource | undefined;
afterEach(async () => {
  await events?.stop();
  await played?.close();
});

type Conditions = readonly { readonly type: string; readonly status: string; readonly reason: string }[];
const settled = { type: "Settled", status: "True", reason: "Settled" };

function aMigration(more: ObjectMeta = {}, phase = "Pending", conditions: Conditions = []): KubeObject {
  return {
    metadata: { namespace: "search", name: "docs", uid: "u", generation: 1, resourceVersion: "1", ...more },
    spec: { target: { name: "app" } },
    status: { phase, conditions },
  };
}

type Arrangement = {
  readonly namespaces: readonly string[];
  readonly resyncMs: number;
  readonly phase: string;
  readonly conditions: Conditions;
};

async function arrange(more: Partial<Arrangement> = {}) {
  const { namespaces = [], resyncMs = 60_000, phase = "Pending", conditions = [] } = more;
  const acts: KubeObject[] = [];
  const streams = new Map<string, ServerResponse>();
  const woken: string[] = [];
  const itemsOf = (plural: string): readonly KubeObject[] => {
    if (plural === "retrievermigrations") return [aMigration({}, phase, conditions)];
    return plural === "migrationacts" ? acts : [];
  };
  played = await playServer(({ url }, response) => {
    const plural = url.pathname.split("/").at(-1) ?? "";
    if (url.searchParams.get("watch") === "1") {
      response.writeHead(200);
      response.flushHeaders();
      streams.set(plural, response);
    } else
      reply(response, 200, {
        metadata: { resourceVersion: "5" },
        items: itemsOf(plural),
      });
  });
  const clock = makeSystemClock();
  events = makeKubernetesEventSource({
    connection: played.connection,
    request: makeKubeRequest(played.connection, { deadlineMs: 1000, clock }),
    clock,
    random: () => 0.5,
    namespaces,
    resyncMs,
    onFault: () => undefined,
  });
  events.start((key) => woken.push(`${key.namespace}/${key.name}`));
  await until(() => streams.size === 3 && woken.length >= 1, "lists and watches");
  woken.length = 0;
  const send = (plural: string, type: string, object: KubeObject) =>
    streams.get(plural)?.write(`${JSON.stringify({ type, object })}\n`);
  /** A last event that surely wakes: what was sent before it has been seen. */
  const seen = async () => {
    send("retrievermigrations", "ADDED", aMigration({ name: "last" }));
    await until(() => woken.includes("search/last"), "the last event");
    return woken.filter((key) => key !== "search/last");
  };
  return { send, seen, woken, acts, requests: played.requests };
}

describe("an event", () => {
  test("comes of a change of the spec, a deletion or a finalizer", async () => {
    const { send, seen } = await arrange();
    send("retrievermigrations", "MODIFIED", aMigration({ generation: 2 }));
    send("retrievermigrations", "MODIFIED", aMigration({ generation: 2, deletionTimestamp: "2026-01-01T00:00:00Z" }));
    send("retrievermigrations", "DELETED", aMigration({ generation: 2 }));
    expect((await seen()).length).toBe(3);
  });

  test("doesn't come of our own status writes: no reconcile causes the next", async () => {
    const { send, seen } = await arrange();
    for (let version = 2; version < 10; version += 1) {
      send("retrievermigrations", "MODIFIED", aMigration({ resourceVersion: String(version) }, "Guard"));
    }
    expect(await seen()).toEqual([]);
  });

  test.each([
    [
      "an act, for the migration it names",
      "migrationacts",
      { metadata: { namespace: "search", name: "x" }, spec: { migration: { name: "docs" } } },
    ],
    [
      "an overlay, for the migrations of its target",
      "configmaps",
      { metadata: { namespace: "search", name: "app-retriever-migration" } },
    ],
  ])("comes of %s", async (_, plural, object) => {
    const { send, woken } = await arrange();
    send(plural, "ADDED", object);
    await until(() => woken.includes("search/docs"), "the event");
    expect(woken).toEqual(["search/docs"]);
  });

  test("can be asked for by the workload that migrations name", async () => {
    await arrange();
    expect(events?.keysOfTarget({ namespace: "search", name: "app" })).toEqual([{ namespace: "search", name: "docs" }]);
    expect(events?.keysOfTarget({ namespace: "other", name: "app" })).toEqual([]);
  });

  test("comes of every list while a migration runs, and of every tenth when it has finished", async () => {
    const runs = await arrange({ resyncMs: 20 });
    const countLists = () =>
      runs.requests.filter(({ url }) => url.includes("retrievermigrations") && !url.includes("watch=")).length;
    await until(() => countLists() > 4, "lists");
    expect(runs.woken.length).toBeGreaterThanOrEqual(2);
    await events?.stop();
    await played?.close();
    const rests = await arrange({ resyncMs: 20, phase: "Completed" });
    await until(() => rests.woken.length >= 1, "the tenth list");
    const lists = rests.requests.filter(
      ({ url }) => url.includes("retrievermigrations") && !url.includes("watch="),
    ).length;
    expect(lists).toBeGreaterThanOrEqual(10);
  });

  const listsOf = ({ requests }: Awaited<ReturnType<typeof arrange>>, plural: string) =>
    requests.filter(({ url }) => url.includes(plural) && !url.includes("watch=")).length;

  test("never comes of a list once nothing of a migration is in force", async () => {
    const rests = await arrange({ resyncMs: 10, phase: "RolledBack", conditions: [settled] });
    await until(() => listsOf(rests, "retrievermigrations") > 21, "twenty lists");
    expect(rests.woken).toEqual([]);
  });

  test("comes of lists until its postmortem is due", async () => {
    const due = { type: "PostmortemDue", status: "False", reason: "NotDueYet" };
    const waits = await arrange({ resyncMs: 10, phase: "RolledBack", conditions: [settled, due] });
    await until(() => waits.woken.length > 1, "lists that wake");
    expect(new Set(waits.woken)).toEqual(new Set(["search/docs"]));
  });

  test("comes of an act that only a list tells of, once", async () => {
    const act = { metadata: { namespace: "search", name: "x", uid: "a" }, spec: { migration: { name: "docs" } } };
    const lost = await arrange({ resyncMs: 10, phase: "RolledBack", conditions: [settled] });
    lost.acts.push(act);
    const before = listsOf(lost, "migrationacts");
    await until(() => listsOf(lost, "migrationacts") > before + 5, "lists of acts");
    expect(lost.woken).toEqual(["search/docs"]);
  });

  test("never comes of acts on migrations that nobody has, nor of their lists, however many they are", async () => {
    const { send, seen, acts, requests } = await arrange({ resyncMs: 20, phase: "RolledBack", conditions: [settled] });
    for (let index = 0; index < 6000; index += 1) {
      const act = { metadata: { namespace: "search", name: `x-${index}`, uid: `a-${index}` } };
      acts.push({ ...act, spec: { migration: { name: `made-up-${index}` } } });
      if (index < 500) send("migrationacts", "ADDED", acts.at(-1) as KubeObject);
    }
    const countLists = () =>
      requests.filter(({ url }) => url.includes("migrationacts") && !url.includes("watch=")).length;
    const before = countLists();
    await until(() => countLists() > before + 3, "lists of acts");
    expect(await seen()).toEqual([]);
  });

  test("comes of the acts in each namespace for itself", async () => {
    const both = await arrange({
      namespaces: ["search", "shop"],
      resyncMs: 10,
      phase: "RolledBack",
      conditions: [settled],
    });
    both.woken.length = 0;
    both.acts.push({ metadata: { namespace: "search", name: "x", uid: "a" }, spec: { migration: { name: "docs" } } });
    const before = listsOf(both, "migrationacts");
    await until(() => listsOf(both, "migrationacts") > before + 8, "lists of acts");
    // The server tells the same of both namespaces; each wakes once.
    expect(both.woken.length).toBeLessThanOrEqual(2);
  });

  test("asks for no overlay but the version of their list", async () => {
    const { requests } = await arrange();
    const lists = requests.filter(({ url }) => url.includes("configmaps") && !url.includes("watch="));
    expect(lists.map(({ url }) => new URL(url, "http://x").searchParams.get("limit"))).toEqual(["1"]);
  });

  test("needs a list per watched namespace, overlays by label", async () => {
    const { requests } = await arrange({ namespaces: ["search"] });
    const paths = requests.map(({ url }) => url);
    expect(paths.some((path) => path.startsWith("/apis/retriever.dev/v1alpha1/namespaces/search/migrationacts"))).toBe(
      true,
    );
    expect(
      paths.some((path) =>
        path.startsWith("/api/v1/namespaces/search/configmaps?labelSelector=retriever.dev%2Foverlay%3Dtrue"),
      ),
    ).toBe(true);
    expect(events?.listedAt()).toBeGreaterThan(0);
  });
});
