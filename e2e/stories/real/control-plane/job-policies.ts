// Which Jobs the operator may make and delete, on a real API server. Registered by policies.test.ts.
import { beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { ensure } from "#support/kube/definitions.ts";
import { allowed, operator, operatorSubject, patch, post, root, rule, scene } from "./policy-scene.ts";

const { admin, batch, grant } = scene;

const ofTemplate = "spec: expected what the CronJob's jobTemplate says";
const name = "search-api-retriever-verify";
const pods = {
  metadata: { labels: { app: "v" }, annotations: { a: "b" } },
  spec: { restartPolicy: "Never", containers: [{ name: "retriever-verify", image: "s:1" }] },
};
const jobTemplate = { spec: { backoffLimit: 0, template: pods } };
const job = (spec: object, template: string | undefined = name, as = operator) => {
  const annotations = template === "" ? {} : { "retriever.dev/job-template": template };
  return admin.ask(post(as, `${batch}/jobs`, { metadata: { generateName: "v-", annotations }, spec }));
};
const since = { ...pods.metadata.annotations, "retriever.dev/verify-since": "2026-01-01T00:00:00Z" };
const more = (metadata: object) => ({
  ...jobTemplate.spec,
  template: { ...pods, metadata: { ...pods.metadata, ...metadata } },
});

const ignored = { action: "Ignore", onExitCodes: { operator: "In", values: [1] } };

/** Words of the refusal of what differs from the CronJob. */
const unequal: readonly (readonly [string, object, string])[] = [
  [
    "another image",
    {
      ...jobTemplate.spec,
      template: { ...pods, spec: { ...pods.spec, containers: [{ name: "c", image: "evil" }] } },
    },
    "spec.template.spec: expected",
  ],
  [
    "the node's network",
    { ...jobTemplate.spec, template: { ...pods, spec: { ...pods.spec, hostNetwork: true } } },
    "spec.template.spec: expected",
  ],
  ["another label", more({ labels: { app: "v", b: "c" } }), "spec.template.metadata.labels: expected what"],
  [
    "another annotation",
    more({ annotations: { ...since, c: "d" } }),
    "spec.template.metadata.annotations: expected what",
  ],
  ["more pods", { ...jobTemplate.spec, parallelism: 50, completions: 50 }, ofTemplate],
  ["more tries", { ...jobTemplate.spec, backoffLimit: 5 }, ofTemplate],
  ["less time", { ...jobTemplate.spec, activeDeadlineSeconds: 1 }, ofTemplate],
  ["an end of its own", { ...jobTemplate.spec, ttlSecondsAfterFinished: 0 }, ofTemplate],
  ["another controller", { ...jobTemplate.spec, managedBy: "a.b/c" }, ofTemplate],
  [
    "pods that it takes over",
    { ...jobTemplate.spec, manualSelector: true, selector: { matchLabels: { app: "v" } } },
    ofTemplate,
  ],
  ["other replacements", { ...jobTemplate.spec, podReplacementPolicy: "Failed" }, ofTemplate],
  ["failures of its own", { ...jobTemplate.spec, podFailurePolicy: { rules: [ignored] } }, ofTemplate],
  ["pods that nobody can delete", more({ finalizers: ["a.b/c"] }), "finalizers: expected none of the Job"],
];

/** Two CronJobs, one of them not suspended; resolves once the API server knows both, and the operator's right to them. */
async function makeTemplates(): Promise<void> {
  const cronJob = (name: string, suspend: boolean) =>
    ensure(admin, `${batch}/cronjobs`, {
      metadata: { name },
      spec: { schedule: "0 0 1 1 *", suspend, jobTemplate },
    });
  await cronJob(name, true);
  await cronJob("running", false);
  await grant("verify", [rule(["batch"], ["cronjobs/instantiate"], ["create"], [name, "running"])], [operatorSubject]);
  await eventually("the grant is seen", async () => (await job(jobTemplate.spec)) === allowed);
  const other = { ...jobTemplate.spec, backoffLimit: 5 };
  for (const one of [name, "running"])
    await eventually(`CronJob ${one} is seen`, async () => (await job(other, one)) !== allowed);
}

/** Tests of a scene whose policies are in force. */
export function describeJobs(): void {
  describe("Jobs of the operator's account", () => {
    beforeAll(makeTemplates);

    it("may equal their CronJob, with a time since when to compare", async () => {
      expect(await job(jobTemplate.spec)).toBe(allowed);
      expect(await job(more({ annotations: since }))).toBe(allowed);
    });

    it.each(unequal)("may not have %s", async (_, spec, words) => {
      expect(await job(spec)).toContain(words);
    });

    it("must name a CronJob that is suspended and granted", async () => {
      expect(await job(jobTemplate.spec, "")).toContain("name their CronJob");
      expect(await job(jobTemplate.spec, "made-up")).toContain(
        "lets the operator create cronjobs/instantiate of made-up",
      );
      expect(await job(jobTemplate.spec, "running")).toContain("isn't suspended");
    });

    it("may be deleted where they are a migration's, and no others", async () => {
      const owner = { apiVersion: "retriever.dev/v1alpha1", kind: "RetrieverMigration", name: "docs", uid: "u" };
      const annotations = { "retriever.dev/job-template": name };
      const jobs = { theirs: {}, named: { annotations }, own: { annotations, ownerReferences: [owner] } };
      for (const [each, metadata] of Object.entries(jobs))
        await ensure(admin, `${batch}/jobs`, { metadata: { name: each, ...metadata }, spec: jobTemplate.spec });
      const remove = (each: string) => admin.ask({ as: operator, method: "DELETE", path: `${batch}/jobs/${each}` });
      for (const each of ["theirs", "named"]) expect(await remove(each)).toContain("may delete the Jobs that it made");
      expect(await remove("own")).toBe(allowed);
      expect(await admin.ask({ as: operator, method: "DELETE", path: `${batch}/jobs` })).toContain(
        "may delete the Jobs",
      );
      expect(await admin.ask(patch(operator, `${batch}/jobs/theirs`, { spec: { suspend: true } }))).toContain(
        "change none",
      );
    });

    it("are nobody else's concern", async () => {
      expect(await job(jobTemplate.spec, "", root)).toBe(allowed);
    });
  });
}
