// The acts on one migration among any number of others, on an API that selects by field, or only by label.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, test } from "vitest";
import { makeActPick } from "#core/people/turns.ts";
import { OperatorError } from "#errors.ts";
import type { KubeObject } from "#kube/documents.ts";
import type { KubeCall } from "#kube/kube-request.ts";
import { aStatus } from "#test/builders/migration.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { FakeCluster } from "#test/fakes/fake-cluster.ts";
import { makeClusterActs } from "./cluster-acts.ts";

const { signal } = new AbortController();
const label = "retriever.dev/migration-uid";
const meta = { ...new FakeCluster().create({ namespace: "search", name: "docs" }, {}), uid: "u", createdAt: 1_000_000 };
const at = (seconds: number) => new Date(1_000_000 + seconds * 1000).toISOString();

type Spec = { readonly act?: string; readonly migration?: object } & Readonly<Record<string, unknown>>;

function anAct(name: string, spec: Spec = {}, metadata: object = { labels: { [label]: "u" } }): KubeObject {
  return {
    metadata: { name, uid: `uid-${name}`, creationTimestamp: at(5), ...metadata },
    spec: { migration: { name: "docs", uid: "u" }, act: "Resume", actor: "ada", reason: "", ...spec },
  };
}

/** An API with these acts, in pages; `slow`: every page takes a second. */
function serve(acts: readonly KubeObject[], { selectsByField = true, slow = false } = {}) {
  const clock = new FakeClock();
  const lists: string[] = [];
  const request = async ({ query = {} }: KubeCall) => {
    const { fieldSelector = "", labelSelector = "", limit = "1", continue: from = "0" } = query;
    if (fieldSelector !== "" && !selectsByField) throw new OperatorError("ROP_INVALID", "field label not supported");
    lists.push(`${fieldSelector}${labelSelector}`);
    if (slow) await clock.advance(1000);
    const matching = acts.filter((act) => matches(act, fieldSelector, labelSelector));
    const end = Number(from) + Number(limit);
    const next = end < matching.length ? { continue: String(end) } : {};
    return { metadata: { resourceVersion: "1", ...next }, items: matching.slice(Number(from), end) };
  };
  const cluster = makeClusterActs(request, clock);
  const read = async (status: Partial<MigrationStatus> = { phase: "Guard" }) => {
    const pick = makeActPick(aStatus(status), 1_100_000);
    return cluster.listActs(meta, pick, signal);
  };
  return { read, lists };
}

function matches({ metadata, spec }: KubeObject, fields: string, labels: string): boolean {
  const { migration, act } = spec as { migration: { name: string }; act: string };
  const values: Readonly<Record<string, string>> = { "spec.migration.name": migration.name, "spec.act": act };
  const byField = fields
    .split(",")
    .every((part) => part === "" || values[part.split("=")[0] ?? ""] === part.split("=")[1]);
  const own = metadata?.labels?.[label];
  return byField && (labels === "" || (labels.startsWith("!") ? own === undefined : labels === `${label}=${own}`));
}

const many = (count: number, spec: Spec = {}, metadata?: object) =>
  Array.from({ length: count }, (_, index) => anAct(`a-${index}`, spec, metadata));
const elsewhere = { migration: { name: "other", uid: "o" } };

describe("the acts on a migration", () => {
  test("are read with one request, whatever lies beside them", async () => {
    const { read, lists } = serve([...many(10_000, elsewhere), anAct("mine")]);
    const { acts, isWhole } = await read();
    expect([acts.map(({ name }) => name), isWhole]).toEqual([["mine"], true]);
    expect(lists).toEqual(["spec.migration.name=docs"]);
  });

  test.each([true, false])(
    "hold a Rollback without label among ten thousand others (fields: %s)",
    async (selectsByField) => {
      const { read } = serve([...many(10_000), anAct("z-back", { act: "Rollback" }, {})], { selectsByField });
      const { acts } = await read();
      expect(acts).toHaveLength(51);
      expect(acts.find(({ act }) => act === "Rollback")?.misfit).toBeUndefined();
    },
  );

  test("hold none that is deleted and kept by somebody's finalizer: fifty judged ones leave room for a Pause", async () => {
    const kept = { labels: { [label]: "u" }, finalizers: ["example.org/kept"], deletionTimestamp: at(6) };
    const { read } = serve([...many(50, {}, kept), anAct("z-pause", { act: "Pause" })]);
    const seen = many(50).map(({ metadata }) => metadata?.uid ?? "");
    const { acts } = await read({ phase: "Guard", acts: { paused: false, seen } });
    expect(acts.map(({ name }) => name)).toEqual(["z-pause"]);
  });

  test("hold a Rollback that somebody deletes and a finalizer keeps: it was asked for", async () => {
    const kept = { finalizers: ["foregroundDeletion"], deletionTimestamp: at(6) };
    const { read } = serve([anAct("back", { act: "Rollback" }, kept)]);
    expect((await read()).acts.map(({ name }) => name)).toEqual(["back"]);
  });

  test("end after a while, with the Aborts and Rollbacks first, and say that there are more", async () => {
    const { read, lists } = serve([...many(10_000), anAct("z-back", { act: "Rollback" }, {})], { slow: true });
    const { acts, isWhole } = await read();
    expect(isWhole).toBe(false);
    expect(acts.some(({ act }) => act === "Rollback")).toBe(true);
    expect(lists.length).toBeLessThan(10);
  });

  test("go on in the next pass where the last one left off, so that the last of ten thousand is read as well", async () => {
    const acts = [...many(10_000, { ...elsewhere, act: "Abort" }, {}), anAct("z-back", { act: "Rollback" }, {})];
    const { read, lists } = serve(acts, { selectsByField: false, slow: true });
    const passes = [];
    for (let pass = 0; pass < 6; pass += 1) passes.push(await read());
    expect(passes.map((pass) => pass.acts.length)).toEqual([0, 0, 0, 0, 0, 1]);
    expect(passes.every(({ isWhole }) => !isWhole)).toBe(true);
    // From the beginning again: an act that came meanwhile may lie anywhere.
    expect((await read()).acts).toEqual([]);
    expect(lists.length).toBeLessThan(7 * 6);
  });

  test("begin anew where the server has dropped the list that was left off", async () => {
    let pages = 0;
    const clock = new FakeClock();
    const request = async ({ query = {} }: KubeCall) => {
      if (query["fieldSelector"] !== undefined) throw new OperatorError("ROP_INVALID", "field label not supported");
      if (query["labelSelector"] !== `!${label}`) return { metadata: {}, items: [] };
      pages += 1;
      if (query["continue"] === "old") throw new OperatorError("ROP_EXPIRED", "too old");
      await clock.advance(5000);
      return { metadata: { continue: "old" }, items: [anAct("back", { act: "Rollback" }, {})] };
    };
    const cluster = makeClusterActs(request, clock);
    const read = () => cluster.listActs(meta, makeActPick(aStatus({ phase: "Guard" }), 1_100_000), signal);
    await read();
    expect((await read()).acts).toMatchObject([{ name: "back" }]);
    expect(pages).toBe(3);
  });

  test.each([
    [
      "of a migration of this name that is gone",
      anAct("x", { migration: { name: "docs", uid: "old" } }),
      "with UID old",
    ],
    ["without the label", anAct("x", {}, {}), `it lacks the label ${label}=u`],
    ["labelled for another", anAct("x", {}, { labels: { [label]: "o" } }), "it lacks the label"],
    ["of a kind that nobody knows here", anAct("x", { act: "Levitate" }), "it can't be read by this operator: act"],
    [
      "by name alone that is older than the migration",
      anAct("x", { act: "Abort", migration: { name: "docs" } }, { creationTimestamp: at(-60) }),
      "is older than this migration",
    ],
  ])("say what is wrong with one %s", async (_, act, words) => {
    const { acts } = await serve([act]).read();
    expect(acts[0]?.misfit).toContain(words);
  });

  test("name another and carry this one's UID: they are no acts on it, and say so where they are read", async () => {
    const stray = anAct("x", { migration: { name: "other", uid: "u" } });
    expect((await serve([stray]).read()).acts).toEqual([]);
    const [found] = (await serve([stray], { selectsByField: false }).read()).acts;
    expect(found?.misfit).toBe("it names other with the UID of docs");
  });

  test("are an Abort or Rollback by name alone, from when the migration was created on", async () => {
    const byName = anAct("x", { act: "Abort", migration: { name: "docs" } }, { creationTimestamp: at(0) });
    expect((await serve([byName]).read()).acts).toMatchObject([{ act: "Abort", ownerless: true }]);
    expect((await serve([byName]).read()).acts[0]?.misfit).toBeUndefined();
  });
});
