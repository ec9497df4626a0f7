import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { flagsOf } from "./cluster-options.ts";

test("a shell reads the flags as they were given, whatever is in them", () => {
  const given = {
    context: "prod eu",
    kubeconfig: "/home/o'neil/$(id)",
    as: "arn:aws:iam::1:role/x",
    asGroup: ["a;b", "*"],
  };
  const words = execFileSync("sh", ["-c", `printf '%s\\n'${flagsOf(given)}`], { encoding: "utf8" });
  expect(words.trimEnd().split("\n")).toEqual([
    "--context",
    given.context,
    "--kubeconfig",
    given.kubeconfig,
    "--as",
    given.as,
    ...given.asGroup.flatMap((group) => ["--as-group", group]),
  ]);
});

test("a file is named from the root, so that the command means the same in every folder; without options there are no flags", () => {
  expect(flagsOf({ kubeconfig: "config", asGroup: [] })).toBe(` --kubeconfig ${resolve("config")}`);
  expect(flagsOf({ asGroup: [] })).toBe("");
});

test("for any shell the context is named that was the current one, and the file where a shell wouldn't look; what was given counts", () => {
  const reached = { context: "prod-eu", kubeconfig: "/one" };
  expect(flagsOf({ asGroup: [] }, reached)).toBe(" --context prod-eu --kubeconfig /one");
  expect(flagsOf({ context: "staging", asGroup: [] }, { ...reached, kubeconfig: undefined })).toBe(
    " --context staging",
  );
  expect(flagsOf({ asGroup: [] }, { context: "", kubeconfig: undefined })).toBe("");
});
