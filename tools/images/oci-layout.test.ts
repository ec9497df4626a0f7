// Image layouts and archives from folders: equal content gives equal bytes, and every blob is what its digest says.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { settleModes } from "./image-layout.ts";
import { beginLayout, endLayout, named, putBlob, putImage, putIndex, putLayer } from "./oci-layout.ts";
import { packFolder, sha256Of } from "./packed.ts";

const folder = mkdtempSync(join(tmpdir(), "oci-layout-"));
afterAll(() => rmSync(folder, { recursive: true }));
let made = 0;

type Files = readonly (readonly [name: string, content: string])[];

/** Writes the files in this order, with the modes and the time of whoever did it. */
function write(files: Files, modes: { readonly file: number; readonly folder: number }, at: number): string {
  made += 1;
  const place = join(folder, String(made));
  mkdirSync(place);
  for (const [name, content] of files) {
    const file = join(place, name);
    mkdirSync(dirname(file), { recursive: true, mode: modes.folder });
    writeFileSync(file, content);
    chmodSync(file, modes.file);
    utimesSync(file, at, at);
  }
  return place;
}

/** What a packed folder is made of; sorted archives have another order than that of creation. */
const filesArbitrary = fc.uniqueArray(
  fc.tuple(fc.stringMatching(/^([a-zA-Z][\w.-]{0,8}\/){0,2}f[\w.-]{0,120}$/), fc.string({ maxLength: 50 })),
  { minLength: 1, maxLength: 6, selector: ([name]) => name.toLowerCase() },
);

it("equal files, written in whatever order, at whatever time, under whatever umask, give equal layers", async () => {
  await fc.assert(
    fc.asyncProperty(filesArbitrary, fc.nat(2_000_000_000), async (files, at) => {
      const layout = join(folder, `layout-${(made += 1)}`);
      beginLayout(layout);
      const one = write(files, { file: 0o644, folder: 0o755 }, at);
      const other = write([...files].toReversed(), { file: 0o600, folder: 0o700 }, at + 1);
      for (const place of [one, other]) settleModes(place);
      const layers = [await putLayer(layout, one, "gzip"), await putLayer(layout, other, "gzip")];
      const [plain] = [await putLayer(layout, one, "none")];
      expect(layers[1]).toEqual(layers[0]);
      expect(plain).toMatchObject({ diffId: layers[0]?.diffId, descriptor: { digest: layers[0]?.diffId } });
    }),
    { numRuns: 25 },
  );
}, 60_000);

it("other content, another name or the right to run it give another layer", async () => {
  const layout = join(folder, "layout-changes");
  beginLayout(layout);
  const modes = { file: 0o644, folder: 0o755 };
  const variants = [write([["a", "1"]], modes, 0), write([["a", "2"]], modes, 0), write([["b", "1"]], modes, 0)];
  variants.push(write([["a", "1"]], { ...modes, file: 0o755 }, 0));
  const digests = new Set<string>();
  for (const place of variants) digests.add((await putLayer(layout, place, "none")).diffId);
  expect(digests.size).toBe(variants.length);
});

it("an archive names no user of the machine that it was made on, and bears the one time given", async () => {
  const place = write([["dir/file", "text"]], { file: 0o640, folder: 0o750 }, 5);
  settleModes(place);
  await packFolder(place, `${place}.tar`, 1_700_000_000);
  const listed = execFileSync("tar", ["--numeric-owner", "--utc", "-tvf", `${place}.tar`], { encoding: "utf8" });
  const lines = listed
    .trim()
    .split("\n")
    .map((line) => line.replaceAll(/ +/g, " "));
  expect(lines).toEqual([
    "drwxr-xr-x 0/0 0 2023-11-14 22:13 ./",
    "drwxr-xr-x 0/0 0 2023-11-14 22:13 ./dir/",
    "-rw-r--r-- 0/0 4 2023-11-14 22:13 ./dir/file",
  ]);
});

it("a layout leads from a name over the architectures to blobs that are what their digests say", async () => {
  const layout = join(folder, "layout-whole");
  beginLayout(layout);
  const layer = await putLayer(layout, write([["a", "1"]], { file: 0o644, folder: 0o755 }, 0), "gzip");
  const settings = { created: "2026-01-01T00:00:00.000Z", config: { User: "1" }, annotations: {} };
  const platforms = ["amd64", "arm64"].map((architecture) => putImage(layout, [layer], { ...settings, architecture }));
  endLayout(layout, [named(putIndex(layout, platforms, {}), "app:1"), named(putBlob(layout, "{}", "x/y"), "other:1")]);

  const blobs = join(layout, "blobs/sha256");
  for (const name of readdirSync(blobs)) expect(sha256Of(readFileSync(join(blobs, name)))).toBe(name);
  const read = (digest: string) => JSON.parse(readFileSync(join(blobs, digest.replace("sha256:", "")), "utf8"));
  const { manifests } = JSON.parse(readFileSync(join(layout, "index.json"), "utf8"));
  expect(manifests[0].annotations).toEqual({ "org.opencontainers.image.ref.name": "app:1" });
  const index = read(manifests[0].digest);
  expect(index.manifests.map((one: { platform: object }) => one.platform)).toEqual([
    { architecture: "amd64", os: "linux" },
    { architecture: "arm64", os: "linux" },
  ]);
  const { config, layers } = read(index.manifests[1].digest);
  expect(layers).toEqual([layer.descriptor]);
  expect(read(config.digest)).toMatchObject({ architecture: "arm64", rootfs: { diff_ids: [layer.diffId] } });
});
