import { describeJobsContract } from "#test/jobs-contract.ts";
import { FakeCluster } from "./fake-cluster.ts";
import { FakeJobs } from "./fake-jobs.ts";

describeJobsContract("The fake", async () => {
  const [cluster, jobs] = [new FakeCluster(), new FakeJobs()];
  const namespace = "search";
  return {
    jobs,
    namespace,
    createMigration: async (name) => cluster.create({ namespace, name }, {}),
    createTemplate: async (name, suspended) => jobs.addTemplate(name, { suspended }),
    close: async () => undefined,
  };
});
