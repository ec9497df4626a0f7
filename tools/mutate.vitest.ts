// The tests by which a part of the operator's core is judged; `tools/mutate.ts` names them.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: JSON.parse(process.env["MUTATE_TESTS"] ?? "[]") as string[],
    testTimeout: 60_000,
    retry: 0,
    isolate: false,
    maxWorkers: 1,
  },
});
