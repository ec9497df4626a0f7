// docs/dependencies.md against every package.json: each dependency has one line that says truly who uses it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const places: Readonly<Record<string, string>> = {
  root: "package.json",
  "tools/node": "tools/node/package.json",
  stores: "stores/package.json",
  crds: "crds/package.json",
  operator: "operator/package.json",
  "retriever-sidecar": "retriever-sidecar/package.json",
  "retriever-data": "retriever-data/package.json",
  "kubectl-retriever": "kubectl-retriever/package.json",
  e2e: "e2e/package.json",
};

type Manifest = Readonly<
  Partial<Record<"dependencies" | "devDependencies" | "optionalDependencies", Readonly<Record<string, string>>>>
>;

const manifests = Object.entries(places).map(
  ([place, file]) => [place, JSON.parse(readFileSync(join(root, file), "utf8")) as Manifest] as const,
);
const stated = readFileSync(join(root, "docs/dependencies.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .flatMap((line) => {
    const [packages = "", users = ""] = line.slice(2).split(" | ");
    return packages.split(", ").map((name) => `${name.replaceAll("`", "")}: ${users}`);
  });

function dependenciesOf(manifest: Manifest): [string, string][] {
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(
    ([name]) => !name.startsWith("@retriever/"),
  );
}

describe("docs/dependencies.md", () => {
  it("has one line per dependency, and names everybody who declares it", () => {
    const users = new Map<string, string[]>();
    for (const [place, manifest] of manifests) {
      for (const [name] of dependenciesOf(manifest)) users.set(name, [...(users.get(name) ?? []), place]);
    }
    const declared = [...users].map(([name, places]) => `${name}: ${places.join(", ")}`);
    expect(stated.toSorted()).toEqual(declared.toSorted());
  });

  it("speaks of exact versions, and they are", () => {
    const loose = manifests.flatMap(([place, manifest]) =>
      dependenciesOf(manifest)
        .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
        .map(([name, version]) => `${place}: ${name} ${version}`),
    );
    expect(loose).toEqual([]);
  });
});
