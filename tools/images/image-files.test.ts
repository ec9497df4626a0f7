// The images' lists against the tree: complete, nothing of the workshop, and what they lay out starts.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runCommand } from "../run-command.ts";
import { contentsOf, filesOf, images, readLockfile, specifiersOf } from "./image-list.ts";
import { renderSbom } from "./image-sbom.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "retriever-image-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const workspaceFolders: Readonly<Record<string, string>> = {
  stores: "stores",
  crds: "crds",
  operator: "operator",
  sidecar: "retriever-sidecar",
  data: "retriever-data",
  kubectl: "kubectl-retriever",
};

/** The operator judges stores' configuration and never talks to a store: it loads no clients. */
function isClientOfStore(image: (typeof images)[number], file: string): boolean {
  return image === "operator" && /^stores\/src\/[^/]+\/kind\.ts$/.test(file);
}

/** The file of the tree that a module of a workspace names; undefined for a package's. */
function fileNamed(from: string, specifier: string): string | undefined {
  const workspace = from.split("/")[0] ?? "";
  if (specifier.startsWith(".")) return normalize(join(dirname(from), specifier));
  if (specifier.startsWith("#")) return `${workspace}/src/${specifier.slice(1)}`;
  const [, name = "", path = ""] = /^@retriever\/([^/]+)\/(.+)$/.exec(specifier) ?? [];
  const folder = workspaceFolders[name];
  return folder === undefined ? undefined : `${folder}/src/${path}`;
}

const entries: Readonly<Record<(typeof images)[number], readonly string[]>> = {
  operator: ["operator/src/main.ts", "kubectl-retriever/src/main.ts"],
  sidecar: ["retriever-sidecar/src/main.ts", "retriever-data/src/main.ts"],
};

describe.each(images)("the image of the %s", (image) => {
  const { files, packages, links } = contentsOf(root, image);

  it("holds every file that its files load", () => {
    const held = new Set(files);
    const missing = files
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) =>
        specifiersOf(readFileSync(join(root, file), "utf8")).flatMap((specifier) => {
          const named = fileNamed(file, specifier);
          const isHeld = named === undefined || held.has(named) || isClientOfStore(image, file);
          return isHeld ? [] : `${file}: ${specifier}`;
        }),
      );
    expect(missing).toEqual([]);
  });

  it("holds no tests and no tools", () => {
    expect(files.filter((file) => /\.test\.ts$|\/test\/|^e2e|^tools/.test(file))).toEqual([]);
    expect(packages.filter((place) => /\/(vitest|typescript|fast-check|@types\/.*)$/.test(place))).toEqual([]);
    expect(packages.filter((place) => !existsSync(join(root, place)))).toEqual([]);
  });

  it("links workspaces by their folders", () => {
    const named = image === "operator" ? ["crds", "operator", "sidecar", "stores"] : ["sidecar", "stores"];
    const expected = named.map((name) => [`node_modules/@retriever/${name}`, workspaceFolders[name]]);
    expect(links).toEqual(Object.fromEntries(expected));
  });

  it("has a bill of materials with every package, its version and its hash", () => {
    const { components } = JSON.parse(
      renderSbom(image, contentsOf(root, image), readLockfile(root), { nodeVersion: "24.0.0" }),
    ) as {
      components: { "bom-ref": string; purl?: string; hashes?: { content: string }[] }[];
    };
    const listed = components.filter((component) => component["bom-ref"].includes("node_modules/"));
    expect(listed.map((component) => component["bom-ref"])).toEqual(packages);
    expect(listed.filter(({ hashes }) => !/^[0-9a-f]{128}$/.test(hashes?.[0]?.content ?? ""))).toEqual([]);
    expect(components.filter(({ purl }) => purl === "pkg:npm/zod@4.6.7")).toHaveLength(1);
  });

  it("has a bill of materials with the base image by its digest, or says that none was given", () => {
    const billOn = (base?: string) =>
      JSON.parse(renderSbom(image, contentsOf(root, image), readLockfile(root), { nodeVersion: "24.0.0", base })) as {
        metadata: { properties?: object[] };
        components: object[];
      };
    const digest = "0f".repeat(32);
    expect(billOn(`registry.example/base/glibc@sha256:${digest}`).components[0]).toMatchObject({
      type: "container",
      name: "registry.example/base/glibc",
      version: `sha256:${digest}`,
    });
    expect(() => billOn("base:latest")).toThrow("expected name@sha256:");
    expect(billOn().metadata.properties).toEqual([{ name: "retriever:base-image", value: "not given" }]);
  });

  it("has a bill of materials with the packages of the base that it is released on", () => {
    const packages = [{ name: "libstdc++6", version: "12.2.0-14+deb12u1", sha256: "ab".repeat(32) }];
    const made = { nodeVersion: "24.0.0", debian: { architecture: "arm64", packages } };
    const bill = JSON.parse(renderSbom(image, contentsOf(root, image), readLockfile(root), made)) as {
      metadata: { properties?: object[] };
      components: object[];
    };
    expect(bill.metadata.properties).toBeUndefined();
    expect(bill.components[0]).toMatchObject({
      purl: "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=arm64",
      hashes: [{ alg: "SHA-256", content: "ab".repeat(32) }],
    });
  });

  it("is started without an inspector that a signal opens, from a Node that may be run and not read", () => {
    const [, stage = ""] = readFileSync(join(root, "images/Dockerfile"), "utf8").split(`AS ${image}\n`);
    expect(/^ENTRYPOINT (.*)$/m.exec(stage)?.[1]).toContain('"--disable-sigusr1"');
  });

  it("starts from what is laid out, with its own Node", async () => {
    const out = join(folder, image);
    const script = join(root, "tools/images/image-files.ts");
    const laid = await runCommand([process.execPath, script, image, out], { cwd: folder, deadlineSeconds: 25 });
    expect(laid).toMatchObject({ code: 0 });
    const node = join(out, "usr/local/bin/node");
    expect(statSync(node).mode & 0o777).toBe(0o711);
    for (const entry of entries[image]) {
      const started = await runCommand([node, join(out, "app", entry), "--help"], { cwd: "/", deadlineSeconds: 25 });
      expect(started).toMatchObject({ code: 0 });
    }
  }, 60_000);
});

describe("a list of files", () => {
  it("that names what isn't there is refused with the line", () => {
    expect(() => filesOf(root, "operator/src/gone/**/*.ts\n")).toThrow("operator/src/gone/**/*.ts: no such file");
  });

  it("takes out what a later line excludes", () => {
    const all = filesOf(root, "images/*\n");
    expect(filesOf(root, "# both\nimages/*\n!images/*.md\n")).toEqual(all.filter((file) => !file.endsWith(".md")));
  });
});

describe("the modules a source loads", () => {
  it("are those it imports and exports from, lazily too, without types", () => {
    const source = `import type { A } from "types-only";
import { type B, b } from "one";
import {
  c,
} from "./two.ts";
import "three";
export { d } from "#four.ts";
export type { E } from "types-again";
const f = await import("five");
const text = 'from "six"';
`;
    expect(specifiersOf(source)).toEqual(["one", "./two.ts", "three", "#four.ts", "five"]);
  });
});
