// Every place that starts a Node of the images, whatever the image's own entry says: a container's command takes its place.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const program = "/usr/local/bin/node";
const places = ["images/Dockerfile", "images/*.md", "{charts,examples}/**/*.{yaml,tpl}", "docs/**/*.md", "README.md"];

/** What follows the program wherever it is started with a script of the images, up to that script. */
const starts = globSync(places, { cwd: root })
  .filter((file) => !file.includes("node_modules"))
  .flatMap((file) => {
    const text = readFileSync(join(root, file), "utf8");
    const found = text.matchAll(/\/usr\/local\/bin\/node"?,? ([^\n`]*?)"?\/app\/[-\w/]+\/main\.ts/g);
    return [...found].map(([, words = ""]) => ({ file, words }));
  });

describe(`${program} of an image`, () => {
  it("is started by the images, both charts and the examples", () => {
    const folders = new Set(starts.map(({ file }) => file.split("/").slice(0, 2).join("/")));
    const expected = ["images/Dockerfile", "charts/retriever-sidecar", "charts/retriever-migration-operator"];
    expect([...folders]).toEqual(expect.arrayContaining([...expected, "examples/application", "examples/quickstart"]));
  });

  it("is started nowhere with an inspector that a signal opens", () => {
    expect(starts.filter(({ words }) => !words.includes("--disable-sigusr1"))).toEqual([]);
  });

  it("is given no options by the environment, which could open one", () => {
    const files = globSync(["images/Dockerfile", "{charts,examples}/**/*.{yaml,tpl}"], { cwd: root });
    expect(files.filter((file) => readFileSync(join(root, file), "utf8").includes("NODE_OPTIONS"))).toEqual([]);
  });
});
