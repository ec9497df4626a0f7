// What every Jobs must keep: the one in memory, and the adapter on any API server.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MigrationMeta } from "#core/model/migration.ts";
import type { Jobs } from "#ports/jobs.ts";

/** Jobs of an empty namespace, and what a user does in it. */
export type JobsHarness = {
  readonly jobs: Jobs;
  readonly namespace: string;
  /** Creates a migration and reads how it is called. */
  readonly createMigration: (name: string) => Promise<MigrationMeta>;
  /** A CronJob whose pods have a container named retriever-verify. */
  readonly createTemplate: (name: string, suspended: boolean) => Promise<void>;
  readonly close: () => Promise<void>;
};

const digestOf = (partition: number): string => String(partition).repeat(64);
const since = "2026-01-01T00:00:00.000Z";

/** Registers the suite under a title. Each run needs a namespace of its own. */
export function describeJobsContract(title: string, open: () => Promise<JobsHarness>): void {
  describe(`${title} keeps the promises of Jobs:`, () => {
    let harness: JobsHarness;
    const { signal } = new AbortController();
    beforeAll(async () => {
      harness = await open();
      await harness.createTemplate("verify", true);
    });
    afterAll(() => harness.close());

    const names = async ({ uid }: MigrationMeta) =>
      (await harness.jobs.listJobs(harness.namespace, uid, signal)).map(({ name }) => name);

    test("a template is read as it stands, and as absent where there is none", async () => {
      const { jobs, namespace } = harness;
      await harness.createTemplate("running", false);
      expect(await jobs.readTemplate(namespace, "verify", signal)).toEqual({
        name: "verify",
        suspended: true,
        containers: ["retriever-verify"],
      });
      expect(await jobs.readTemplate(namespace, "running", signal)).toMatchObject({ suspended: false });
      expect(await jobs.readTemplate(namespace, "absent", signal)).toBeUndefined();
    });

    test("a Job is made once, however often it is asked for, and listed by its migration alone", async () => {
      const meta = await harness.createMigration("made");
      const wish = { name: "made-verify-1", template: "verify", since };
      await harness.jobs.createJob(meta, wish, signal);
      await harness.jobs.createJob(meta, wish, signal);
      expect(await harness.jobs.listJobs(harness.namespace, meta.uid, signal)).toMatchObject([
        { name: "made-verify-1", state: "running", partitions: 1 },
      ]);
      expect(await names(await harness.createMigration("other"))).toEqual([]);
    });

    test("somebody else's Job of the name is told by a code of its own, and stays", async () => {
      const [mine, other] = [await harness.createMigration("mine"), await harness.createMigration("others")];
      const wish = { name: "wanted-by-two", template: "verify", since: null };
      await harness.jobs.createJob(other, wish, signal);
      await expect(harness.jobs.createJob(mine, wish, signal)).rejects.toMatchObject({ code: "ROP_NAME_TAKEN" });
      await harness.jobs.deleteJob(mine, wish.name, signal);
      expect(await names(other)).toEqual(["wanted-by-two"]);
    });

    test("without a suspended template nothing is made", async () => {
      const meta = await harness.createMigration("refused");
      const wish = (template: string) => ({ name: `of-${template}`, template, since: null });
      await harness.createTemplate("awake", false);
      await expect(harness.jobs.createJob(meta, wish("gone"), signal)).rejects.toMatchObject({ code: "ROP_NOT_FOUND" });
      await expect(harness.jobs.createJob(meta, wish("awake"), signal)).rejects.toMatchObject({ code: "ROP_INVALID" });
      expect(await names(meta)).toEqual([]);
    });

    test("a deleted Job is gone, and deleting it again is success", async () => {
      const meta = await harness.createMigration("ended");
      await harness.jobs.createJob(meta, { name: "ended-verify-1", template: "verify", since: null }, signal);
      await harness.jobs.deleteJob(meta, "ended-verify-1", signal);
      await harness.jobs.deleteJob(meta, "ended-verify-1", signal);
      expect(await names(meta)).toEqual([]);
    });

    test("a report is kept by partition until another Job's takes its place", async () => {
      const meta = await harness.createMigration("kept");
      const keep = (job: string, partition: number) =>
        harness.jobs.keepReport(
          meta,
          "kept-drift",
          { job, partition, text: `${job} ${partition}`, digest: digestOf(partition) },
          signal,
        );
      expect(await harness.jobs.readReportOf(harness.namespace, "kept-drift", signal)).toBeUndefined();
      await keep("first", 0);
      await keep("first", 1);
      await keep("first", 1);
      const first = { job: "first", digests: [digestOf(0), digestOf(1)] };
      expect(await harness.jobs.readReportOf(harness.namespace, "kept-drift", signal)).toEqual(first);
      await keep("second", 0);
      const second = { job: "second", digests: [digestOf(0)] };
      expect(await harness.jobs.readReportOf(harness.namespace, "kept-drift", signal)).toEqual(second);
    });

    test("kept reports are placed elsewhere as they are, as often as that is asked for, and none where none is kept", async () => {
      const meta = await harness.createMigration("placed");
      const move = { from: "placed-drift", to: "app-retriever-drift" };
      const place = () => harness.jobs.placeReports(meta, move, "{}", signal);
      await expect(place()).rejects.toMatchObject({ code: "ROP_NOT_FOUND" });
      const report = { job: "verify-1", partition: 0, text: "{}", digest: digestOf(0) };
      await harness.jobs.keepReport(meta, move.from, report, signal);
      await place();
      await place();
      const placed = { job: "verify-1", digests: [digestOf(0)] };
      expect(await harness.jobs.readReportOf(harness.namespace, move.to, signal)).toEqual(placed);
    });
  });
}
