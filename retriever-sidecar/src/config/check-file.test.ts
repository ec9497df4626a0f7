import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "./check-file.ts";
import { readDirectory } from "./read-directory.ts";
import { mostConfigBytes } from "./small-file.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "retriever-config-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a file to be checked is read up to its bound, whatever it is", () => {
  const file = join(folder, "base.yaml");
  writeFileSync(file, "x".repeat(mostConfigBytes));
  expect(readConfig(file).text.length).toBe(mostConfigBytes);
  writeFileSync(file, "x".repeat(mostConfigBytes + 1));
  expect(() => readConfig(file)).toThrow(`expected at most ${mostConfigBytes} bytes`);
  expect(() => readConfig("/dev/zero")).toThrow(`expected at most ${mostConfigBytes} bytes`);
  expect(() => readConfig(join(folder, "none"))).toThrow("expected a readable file");
});

test("a ConfigMap with an alias that has no anchor is refused without the alias", () => {
  const file = join(folder, "map.yaml");
  writeFileSync(file, "kind: ConfigMap\ndata:\n  retriever.yaml: *hunter2\n");
  expect(() => readConfig(file)).toThrow("expected every alias");
  expect(() => readConfig(file)).not.toThrow("hunter2");
});

test("a directory that holds something else is told of in few printable words", () => {
  const other = mkdtempSync(join(folder, "other-"));
  for (let count = 0; count < 200; count += 1) writeFileSync(join(other, `${count}\u001b[2J${"x".repeat(100)}`), "");
  const { base } = readDirectory(other);
  const message = "fault" in base ? base.fault.message : "";
  expect(message).toContain("\\u001b[2J");
  expect(message.length).toBeLessThan(2000);
});
