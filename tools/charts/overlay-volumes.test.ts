// What of an overlay's ConfigMap becomes a file beside the base: its text, and nothing that could stand in the base's place.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";

const root = join(import.meta.dirname, "../..");
const files = globSync(["charts/retriever-sidecar/renderings/*.yaml", "examples/**/*.yaml"], { cwd: root }).toSorted();

type Source = { readonly name: string; readonly items?: readonly object[] };

/** Every ConfigMap below, by the members of that name. */
function configMapsIn(value: unknown): readonly Source[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    key === "configMap" ? [member as Source] : configMapsIn(member),
  );
}

const overlays = files.flatMap((file) =>
  parseAllDocuments(readFileSync(join(root, file), "utf8"))
    .flatMap((document) => configMapsIn(document.toJS()))
    .filter(({ name }) => name.endsWith("-retriever-migration"))
    .map((source) => ({ file, source })),
);

describe("a volume with an overlay", () => {
  it("is in the charts and in the examples", () => {
    for (const folder of ["charts/", "examples/application/", "examples/quickstart/"])
      expect(overlays.some(({ file }) => file.startsWith(folder))).toBe(true);
  });

  it.each(overlays)("takes its text alone: $source.name in $file", ({ source }) => {
    expect(source.items).toEqual([{ key: "migration.json", path: "migration.json" }]);
  });
});
