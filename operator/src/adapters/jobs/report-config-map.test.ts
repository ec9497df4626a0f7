import { describe, expect, test } from "vitest";
import { searchKey } from "#test/builders/search-app.ts";
import { FakeCluster } from "#test/fakes/fake-cluster.ts";
import { FakeConfigMaps } from "#test/fakes/fake-config-maps.ts";
import { placeReports } from "./place-reports.ts";
import { keepReport, readReportOf } from "./report-config-map.ts";

const { signal } = new AbortController();

const digestOf = (partition: number): string => String(partition).repeat(64);

function arrange() {
  const maps = new FakeConfigMaps();
  const meta = new FakeCluster().create(searchKey, {});
  const keep = (job: string, partition: number) =>
    keepReport(
      maps.request,
      {
        meta,
        name: "docs-drift",
        report: { job, partition, text: `${job} ${partition}`, digest: digestOf(partition) },
      },
      signal,
    );
  return { maps, meta, keep };
}

test("a report lies in a ConfigMap that goes with its migration, one key for each partition", async () => {
  const { maps, meta, keep } = arrange();
  await keep("first", 0);
  await keep("first", 1);
  const kept = maps.maps.get("docs-drift");
  expect(kept?.data).toEqual({ "report-0.json": "first 0", "report-1.json": "first 1" });
  expect(kept?.metadata.ownerReferences).toMatchObject([{ kind: "RetrieverMigration", uid: meta.uid }]);
});

test("the keys of an earlier Job go with the first of the next", async () => {
  const { maps, keep } = arrange();
  await keep("first", 0);
  await keep("first", 1);
  await keep("second", 0);
  expect(maps.maps.get("docs-drift")?.data).toMatchObject({ "report-0.json": "second 0", "report-1.json": null });
  const read = await readReportOf(maps.request, { namespace: "search", name: "docs-drift" }, signal);
  expect(read).toEqual({ job: "second", digests: [digestOf(0)] });
});

test("somebody else's ConfigMap of the name is left as it is", async () => {
  const { maps, keep } = arrange();
  const metadata = { name: "docs-drift", resourceVersion: "1", labels: {}, annotations: {} };
  maps.maps.set("docs-drift", { metadata, data: { mine: "yes" } });
  await expect(keep("first", 0)).rejects.toMatchObject({ code: "ROP_NAME_TAKEN" });
  expect(maps.maps.get("docs-drift")?.data).toEqual({ mine: "yes" });
});

test("a ConfigMap that was there first, with the Job's name and no label of an operator, holds no report and is left", async () => {
  const { maps, meta, keep } = arrange();
  const annotations = {
    "retriever.dev/report-of": "first",
    "retriever.dev/report-digests": `0:${digestOf(0)},5:${digestOf(5)}`,
  };
  const metadata = { name: "docs-drift", resourceVersion: "1", labels: {}, annotations };
  maps.maps.set("docs-drift", { metadata, data: { "report-5.json": "theirs" } });
  await expect(keep("first", 0)).rejects.toMatchObject({ code: "ROP_NAME_TAKEN" });
  expect(await readReportOf(maps.request, { namespace: "search", name: "docs-drift" }, signal)).toBeUndefined();
  const move = { from: "docs-drift", to: "app-retriever-drift" };
  const placing = placeReports(maps.request, { meta, ...move, overlay: "{}" }, signal);
  await expect(placing).rejects.toMatchObject({ code: "ROP_NOT_FOUND" });
  expect(maps.maps.get("docs-drift")?.data).toEqual({ "report-5.json": "theirs" });
});

test("digests are told as far as they are kept without a gap, whatever somebody wrote there", async () => {
  const { maps, keep } = arrange();
  const read = () => readReportOf(maps.request, { namespace: "search", name: "docs-drift" }, signal);
  await keep("first", 2);
  await keep("first", 0);
  expect(await read()).toEqual({ job: "first", digests: [digestOf(0)] });
  await keep("first", 1);
  expect(await read()).toEqual({ job: "first", digests: [digestOf(0), digestOf(1), digestOf(2)] });
  const kept = maps.maps.get("docs-drift");
  if (kept === undefined) throw new Error("nothing was kept");
  const annotations = { ...kept.metadata.annotations, "retriever.dev/report-digests": `0:short,01:${digestOf(1)},a` };
  maps.maps.set("docs-drift", { ...kept, metadata: { ...kept.metadata, annotations } });
  expect(await read()).toEqual({ job: "first", digests: [] });
});

describe("reports that are placed for a repair", () => {
  const move = { from: "docs-drift", to: "app-retriever-drift" };

  test("lie beside the overlay, and what lay there before is gone", async () => {
    const { maps, meta, keep } = arrange();
    await keep("first", 0);
    await keep("first", 1);
    const place = () => placeReports(maps.request, { meta, ...move, overlay: "{}" }, signal);
    await place();
    const reports = { "report-0.json": "first 0", "report-1.json": "first 1" };
    expect(maps.maps.get(move.to)?.data).toEqual({ ...reports, "migration.json": "{}" });
    await keep("second", 0);
    await place();
    const left = { "report-0.json": "second 0", "report-1.json": null, "migration.json": "{}" };
    expect(maps.maps.get(move.to)?.data).toEqual(left);
  });

  test("leave somebody else's ConfigMap of the name as it is", async () => {
    const { maps, meta, keep } = arrange();
    await keep("first", 0);
    const metadata = { name: move.to, resourceVersion: "1", labels: {}, annotations: {} };
    maps.maps.set(move.to, { metadata, data: { mine: "yes" } });
    const placing = placeReports(maps.request, { meta, ...move, overlay: "{}" }, signal);
    await expect(placing).rejects.toMatchObject({ code: "ROP_NAME_TAKEN" });
    expect(maps.maps.get(move.to)?.data).toEqual({ mine: "yes" });
  });

  test("aren't placed where none is kept", async () => {
    const { maps, meta } = arrange();
    const placing = placeReports(maps.request, { meta, ...move, overlay: "{}" }, signal);
    await expect(placing).rejects.toMatchObject({ code: "ROP_NOT_FOUND" });
    expect(maps.maps.has(move.to)).toBe(false);
  });
});
