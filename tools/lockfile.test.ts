// What is installed is what was locked, and may be used: a hash and a license for every package, other platforms' too.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { contentsOf, images } from "./images/image-list.ts";

type Entry = {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
};

/** Of what is in the images. */
const shipped = ["0BSD", "Apache-2.0", "BSD-3-Clause", "BlueOak-1.0.0", "ISC", "MIT", "MIT-0", "PSF-2.0", "Unlicense"];
/** Of what only builds and tests: nothing of it is given on. */
const workshop = [...shipped, "Apache-2.0 AND MIT", "CC-BY-4.0", "MIT OR Apache-2.0", "MPL-2.0"];

const root = join(import.meta.dirname, "..");
const inImages = new Set(images.flatMap((image) => contentsOf(root, image).packages));

describe.each(["package-lock.json", "tools/node/package-lock.json"])("%s", (file) => {
  const text = readFileSync(join(root, file), "utf8");
  const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, Entry>> };
  const installed = Object.entries(packages).filter(([place, { link }]) => place.includes("node_modules/") && !link);

  it("has packages at all", () => {
    expect(installed.length).toBeGreaterThan(1);
  });

  it("has a SHA-512 for every package", () => {
    const without = installed.filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ""));
    expect(without.map(([place]) => place)).toEqual([]);
  });

  it("has only packages whose license is on the list", () => {
    const others = installed.filter(
      ([place, { license = "none" }]) => !(inImages.has(place) ? shipped : workshop).includes(license),
    );
    expect(others.map(([place, { license }]) => `${place}: ${license}`)).toEqual([]);
  });

  it("has no package in an image that would be made by a script at its installation", () => {
    const scripted = installed.filter(([, { hasInstallScript }]) => hasInstallScript);
    expect(scripted.filter(([place]) => inImages.has(place)).map(([place]) => place)).toEqual([]);
  });

  it("takes every package from the registry that is configured, by its exact version", () => {
    const elsewhere = installed.filter(([, { version }]) => !/^\d+\.\d+\.\d+/.test(version ?? ""));
    expect(elsewhere.map(([place]) => place)).toEqual([]);
    expect(text).not.toMatch(
      /"resolved": "(?!https:\/\/registry\.npmjs\.org\/|stores|crds|operator|retriever|kubectl|e2e)/,
    );
  });
});

describe("npm", () => {
  it.each([".npmrc", "tools/node/.npmrc"])("runs no script of a package that it installs, says %s", (file) => {
    expect(readFileSync(join(root, file), "utf8").split("\n")).toContain("ignore-scripts=true");
  });

  it("runs nothing of the registry under a name of this project where the packages aren't installed yet", () => {
    // Unasked, `npx kubectl-retriever` would run whatever somebody has published by that name.
    expect(readFileSync(join(root, ".npmrc"), "utf8").split("\n")).toContain("yes=false");
  });

  it.each(["tools/setup.sh", "images/Dockerfile"])("installs what is locked, without scripts, in %s", (file) => {
    const text = readFileSync(join(root, file), "utf8").replaceAll(/\\\n\s*/g, "");
    const lines = text.split("\n").filter((line) => !line.trim().startsWith("#"));
    const installs = lines.flatMap((line) =>
      line.split("&&").filter((part) => /\bnpm (?:ci|i|install|add|exec)\b/.test(part)),
    );
    expect(installs.length).toBeGreaterThan(0);
    expect(installs.filter((part) => !/\bnpm ci\b.* --ignore-scripts\b/.test(part))).toEqual([]);
  });
});
