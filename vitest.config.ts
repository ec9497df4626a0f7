import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{crds,operator,retriever-sidecar,e2e,tools}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "e2e/cluster/**"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    retry: 0,
  },
});
