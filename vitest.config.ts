import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Set by `make e2e`, which has started a real cluster for the tests in e2e/stories/real. */
const hasCluster = process.env["RETRIEVER_E2E"] !== undefined;

/** One in each process of the tests would cost more than most of them. */
const sharedPostgres = ["e2e/stores/shared-postgres.ts"];

/**
 * In this order. The first take minutes: begun last, they would still run when everything else has ended. Most stories
 * wait for clocks, those of the library and of unheard waits for the processor, so that they share it well.
 */
const order = [
  "/e2e/stories/alerts/alerts.",
  "/rehearse/library.",
  "/stories/unheard.",
  "/e2e/stories/",
  "/e2e/",
  "/test/",
  "/tools/",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = order.findIndex((part) => moduleId.includes(part));
      return index === -1 ? order.length : index;
    };
    return files.toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "processes",
          include: hasCluster
            ? ["e2e/stories/real/**/*.test.ts"]
            : [
                "{e2e,stores/test,operator/test,retriever-sidecar/test,retriever-data/test,kubectl-retriever/test,tools}/**/*.test.ts",
              ],
          exclude: hasCluster ? ["**/node_modules/**"] : ["**/node_modules/**", "e2e/stories/real/**"],
          globalSetup: hasCluster ? [] : sharedPostgres,
          // Stories on the real cluster share its stores.
          isolate: !hasCluster,
        },
      },
      {
        extends: true,
        test: {
          name: "units",
          include: hasCluster
            ? []
            : [
                "{stores/src,crds,operator/src,retriever-sidecar/src,retriever-data/src,kubectl-retriever/src}/**/*.test.ts",
              ],
          globalSetup: hasCluster ? [] : sharedPostgres,
          // A process of its own for each file costs more than most of these tests do.
          isolate: false,
        },
      },
    ],
    // Two more than by default: this process has little to do while they work, and half of a story's time is waiting.
    maxWorkers: availableParallelism() + 1,
    // Of the tests of one file that run at once; stories of two files do so.
    maxConcurrency: hasCluster ? 5 : 3,
    sequence: { sequencer: LongestFirst },
    // They only end what hangs. How long something may take is said by whoever waits for it.
    testTimeout: 600_000,
    hookTimeout: 300_000,
    retry: 0,
  },
});
