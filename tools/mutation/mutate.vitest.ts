// The tests by which a part of the operator's core is judged; `tools/mutation/mutate.ts` names them.
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The quickest tests first: the first that notices a change ends its turn. */
class QuickestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isStory = ({ moduleId }: TestSpecification) => Number(moduleId.includes("/stories/"));
    return files.toSorted((a, b) => isStory(a) - isStory(b));
  }
}

const { include = [], exclude = [] } = JSON.parse(process.env["MUTATE_TESTS"] ?? "{}") as Record<string, string[]>;

export default defineConfig({
  test: {
    include,
    exclude,
    testTimeout: 60_000,
    retry: 0,
    isolate: false,
    maxWorkers: 1,
    sequence: { sequencer: QuickestFirst },
  },
});
