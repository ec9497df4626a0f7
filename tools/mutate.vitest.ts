// The tests by which a part of the operator's core is judged; `tools/mutate.ts` names them.
import { basename } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Whole migrations take seconds, these the longest. */
const slow = ["window", "guard-clock", "laws"].map((name) => `decide.${name}.test.ts`);

/** The quickest tests first: the first that notices a change ends its turn. */
class QuickestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const name = basename(moduleId);
  return slow.indexOf(name) + (name.startsWith("decide.") ? 2 : 1);
}

export default defineConfig({
  test: {
    include: JSON.parse(process.env["MUTATE_TESTS"] ?? "[]") as string[],
    testTimeout: 60_000,
    retry: 0,
    isolate: false,
    maxWorkers: 1,
    sequence: { sequencer: QuickestFirst },
  },
});
