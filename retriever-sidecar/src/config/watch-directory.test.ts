import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { makeConfigDirectory } from "#test/config-directory.ts";
import { waitUntil } from "#test/wait-until.ts";
import { readDirectory } from "./read-directory.ts";
import { pollMs, watchDirectory } from "./watch-directory.ts";

test("a swapped volume is reported long before the next poll, and a stopped watch reports nothing", async () => {
  const directory = makeConfigDirectory();
  directory.write({ "retriever.json": "{}" });
  let calls = 0;
  const watch = watchDirectory(directory.path, () => {
    calls += 1;
  });
  directory.write({ "retriever.json": "{}", "migration.json": "1" });
  await waitUntil(() => calls > 0, pollMs / 2);
  watch.stop();
  const seen = calls;
  directory.write({ "retriever.json": "{}" });
  directory.remove();
  expect(calls).toBe(seen);
});

test("a directory that isn't there is polled, and found once it is", async () => {
  const directory = makeConfigDirectory();
  rmSync(directory.path, { recursive: true });
  let calls = 0;
  const watch = watchDirectory(directory.path, () => {
    calls += 1;
  });
  await waitUntil(() => calls > 0, pollMs * 2);
  watch.stop();
  expect(readDirectory(directory.path).base).toMatchObject({ fault: { code: "RETR_CONFIG_INVALID" } });
});

test("base and overlay come from one generation of the volume, whichever way it is swapped", () => {
  const directory = makeConfigDirectory();
  for (let generation = 0; generation < 50; generation += 1) {
    directory.write({ "retriever.json": `${generation}`, "migration.json": `${generation}` });
    const { base, overlay } = readDirectory(directory.path);
    expect(base).toEqual({ text: `${generation}` });
    expect(overlay).toEqual({ text: `${generation}` });
  }
  directory.write({ "retriever.json": "{}" });
  expect(readDirectory(directory.path).overlay).toBe("absent");
  directory.remove();
});
