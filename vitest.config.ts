import { defineConfig } from "vitest/config";

/** Set by `make e2e`, which has started a real cluster for the tests in e2e/stories/real. */
const hasCluster = process.env["RETRIEVER_E2E"] !== undefined;

export default defineConfig({
  test: {
    include: hasCluster
      ? ["e2e/stories/real/**/*.test.ts"]
      : ["{stores,crds,operator,retriever-sidecar,retriever-data,kubectl-retriever,e2e,tools}/**/*.test.ts"],
    exclude: hasCluster ? ["**/node_modules/**"] : ["**/node_modules/**", "e2e/stories/real/**"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    retry: 0,
  },
});
