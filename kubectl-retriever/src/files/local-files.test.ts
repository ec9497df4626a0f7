import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fileFault } from "./files.ts";
import { makeLocalFiles } from "./local-files.ts";

const noInput = () => Readable.from([]);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "local-files-"));
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ["UTF-16, as an editor on Windows may save it", Buffer.from("\ufeffkind: X\n", "utf16le"), "it is no UTF-8 text"],
  ["a program", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1]), "it is no UTF-8 text"],
  ["more than was asked for", Buffer.alloc(1024 * 1024 + 1, "x"), "it is larger than 1 MiB"],
])("a file of %s isn't read, and it is said why", async (_, bytes, why) => {
  const file = join(folder, "m.yaml");
  await writeFile(file, bytes);
  const fault: unknown = await makeLocalFiles(1024 * 1024, noInput)
    .read(file)
    .catch((reason: unknown) => reason);
  expect(fileFault("read", file, fault)).toBe(`can't read ${file}: ${why}`);
});

it("an address isn't read as a path, and a folder that isn't there is called one", () => {
  const missing = Object.assign(new Error("nothing there"), { code: "ENOENT" });
  expect(fileFault("read", "https://host/m.yaml", missing)).toMatch(
    /only files are read.*curl -fsSL 'https:\/\/host\/m.yaml'/,
  );
  expect(fileFault("write", "nowhere/m.html", missing)).toBe("can't write nowhere/m.html: there is no such folder");
});

it("the manifests of a folder are its links, too, as a mounted ConfigMap has them, and no link to a folder", async () => {
  const mounted = join(folder, "mounted");
  await mkdir(join(mounted, "..data"), { recursive: true });
  await writeFile(join(mounted, "..data", "b.yaml"), "kind: X\n");
  await symlink("..data/b.yaml", join(mounted, "b.yaml"));
  await symlink("nowhere", join(mounted, "c.yaml"));
  await symlink("..data", join(mounted, "d.yaml"));
  await writeFile(join(mounted, "a.json"), "{}");
  const files = ["a.json", "b.yaml", "c.yaml"].map((name) => join(mounted, name));
  expect(await makeLocalFiles(1024, noInput).manifestsIn(mounted, false)).toEqual(files);
});

it("no file is written that is called -", async () => {
  const files = makeLocalFiles(1024, noInput);
  for (const writing of [files.write("-", ""), files.create("-", new Uint8Array())])
    expect(fileFault("write", "-", await writing.catch((reason: unknown) => reason))).toBe(
      "can't write -: expected the name of a file",
    );
});

// Whoever may read everything finds none.
it.skipIf(process.getuid?.() === 0)("a folder that can't be read is named itself among what others hold", async () => {
  const tree = join(folder, "tree");
  const closed = join(tree, "closed");
  await mkdir(closed, { recursive: true });
  await writeFile(join(tree, "m.yaml"), "kind: X\n");
  await chmod(closed, 0);
  expect(await makeLocalFiles(1024, noInput).manifestsIn(tree, true)).toEqual([closed, join(tree, "m.yaml")]);
  await chmod(closed, 0o700);
});
