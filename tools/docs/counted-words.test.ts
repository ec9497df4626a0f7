import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { alwaysPlural } from "./counted-words.ts";

const root = join(import.meta.dirname, "../..");
const sources = globSync("{operator,kubectl-retriever,retriever-data,retriever-sidecar,stores,crds}/src/**/*.ts", {
  cwd: root,
}).filter((file) => !file.endsWith(".test.ts"));

it("no sentence of the programs counts by a noun that has no singular", () => {
  expect(sources.length).toBeGreaterThan(500);
  const found = sources.flatMap((file) =>
    alwaysPlural(readFileSync(join(root, file), "utf8")).map(({ line, text }) => `${file}:${line}: ${text}`),
  );
  expect(found).toEqual([]);
});

it.each([
  ["`${chunks} chunks differ`", 1],
  ["`of ${read.source} and ${read.destination} chunks`", 1],
  ["`${n} of ${pods} pods follow`", 0],
  ["`at most ${mostSamples} samples`", 0],
  ["`${maxRows} rows`", 0],
  ["`${rate} requests/s`", 0],
  ['`${n} ${plural(n, "chunk")} read`', 0],
])("%s has %i of them", (source, count) => {
  expect(alwaysPlural(source)).toHaveLength(count);
});
