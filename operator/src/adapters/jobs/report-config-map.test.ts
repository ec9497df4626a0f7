import { expect, test } from "vitest";
import { searchKey } from "#test/builders/search-app.ts";
import { FakeCluster } from "#test/fakes/fake-cluster.ts";
import { FakeConfigMaps } from "#test/fakes/fake-config-maps.ts";
import { keepReport, readReportOf } from "./report-config-map.ts";

const { signal } = new AbortController();

function arrange() {
  const maps = new FakeConfigMaps();
  const meta = new FakeCluster().create(searchKey, {});
  const keep = (job: string, partition: number) =>
    keepReport(
      maps.request,
      { meta, name: "docs-drift", report: { job, partition, text: `${job} ${partition}` } },
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
  expect(await readReportOf(maps.request, { namespace: "search", name: "docs-drift" }, signal)).toBe("second");
});

test("somebody else's ConfigMap of the name is left as it is", async () => {
  const { maps, keep } = arrange();
  const metadata = { name: "docs-drift", resourceVersion: "1", labels: {}, annotations: {} };
  maps.maps.set("docs-drift", { metadata, data: { mine: "yes" } });
  await expect(keep("first", 0)).rejects.toMatchObject({ code: "ROP_CONFLICT" });
  expect(maps.maps.get("docs-drift")?.data).toEqual({ mine: "yes" });
});
