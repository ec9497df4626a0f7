import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mostAuthorityBytes, mostFileBytes, readSmallFile } from "./small-file.ts";

let root: string;
let folder: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "retriever-files-"));
  folder = join(root, "credentials");
  mkdirSync(join(folder, "..2026"), { recursive: true });
  mkdirSync(join(folder, "deep"));
  writeFileSync(join(root, "outside"), "secret of another");
  writeFileSync(join(folder, "..2026/key"), "held");
  symlinkSync("..2026", join(folder, "..data"));
  symlinkSync("..data/key", join(folder, "key"));
  symlinkSync("../outside", join(folder, "leads-out"));
  symlinkSync("/dev/zero", join(folder, "zero"));
  symlinkSync("loop", join(folder, "loop"));
  writeFileSync(join(folder, "whole"), "x".repeat(mostFileBytes));
  writeFileSync(join(folder, "large"), "x".repeat(mostFileBytes + 1));
  writeFileSync(join(root, "credentials-of-others"), "secret of another");
  execFileSync("sh", ["-c", 'mkfifo "$0"', join(folder, "pipe")]);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

test("a file of a projected volume is read through its links", () => {
  expect(readSmallFile(join(folder, "key"), [folder])).toBe("held");
  expect(readSmallFile(join(folder, "key"), ["/nowhere", folder])).toBe("held");
  expect(readSmallFile(join(folder, "whole"), [folder])).toHaveLength(mostFileBytes);
});

test("a system's bundle of authorities is larger than a credential may be", () => {
  writeFileSync(join(folder, "bundle"), "x".repeat(260_000));
  expect(readSmallFile(join(folder, "bundle"), [folder], mostAuthorityBytes)).toHaveLength(260_000);
  expect(readSmallFile(join(folder, "bundle"), [folder])).toBeUndefined();
});

test.each([
  "leads-out",
  "zero",
  "pipe",
  "deep",
  "loop",
  "large",
  "missing",
  "../outside",
  "../credentials-of-others",
  "key\0",
])("%s isn't read", (name) => {
  expect(readSmallFile(`${folder}/${name}`, [folder])).toBeUndefined();
});

test.each(["/dev/zero", "/dev/random", "/proc/self/mem", "/proc/kmsg", "/"])(
  "%s isn't read though any folder would do",
  (file) => {
    expect(readSmallFile(file)).toBeUndefined();
  },
);
