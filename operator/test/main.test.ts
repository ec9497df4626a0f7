import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const main = join(import.meta.dirname, "../src/main.ts");
const cli = join(import.meta.dirname, "../../kubectl-retriever/src/main.ts");

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

function run(entry: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry, ...words], {
      env: { PATH: "/nowhere", HOME: "/nowhere", ...env },
      timeout: 20_000,
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (part: Buffer) => {
      stdout += part.toString("utf8");
    });
    child.stderr.on("data", (part: Buffer) => {
      stderr += part.toString("utf8");
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

describe("the operator as a process", () => {
  test("with wrong settings names them all and exits with 2", async () => {
    const ended = await run(main, ["--concurrency", "0"], { RETRIEVER_LISTEN: "nowhere" });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain("ROP_SETTINGS_INVALID");
    expect(ended.stderr).toContain("--concurrency");
    expect(ended.stderr).toContain("RETRIEVER_LISTEN");
  });

  test("with a word it doesn't know says so and exits with 2", async () => {
    const ended = await run(main, ["--sample-rate", "1"]);
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining("--sample-rate")]);
  });

  test("without a kubeconfig that can be read says which and exits with 2", async () => {
    const ended = await run(main, ["--kubeconfig", "/nowhere/config", "--listen", "127.0.0.1:0"]);
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining("/nowhere/config")]);
  });

  test("asked for help describes every setting", async () => {
    const ended = await run(main, ["--help"]);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain("--leader-election");
  });
});

describe("kubectl-retriever as a process", () => {
  test("without a kubeconfig that can be read exits with 1 and says so on stderr", async () => {
    const ended = await run(cli, ["status", "docs", "--kubeconfig", "/nowhere/config"]);
    expect(ended).toEqual({ code: 1, stdout: "", stderr: expect.stringContaining("/nowhere/config") });
  });
});
