// Scripts run as processes: what starting them promises when they don't behave.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { startChild } from "./child-process.ts";

const announces = z.strictObject({ name: z.string() });

function scriptOf(source: string): string {
  const folder = mkdtempSync(join(tmpdir(), "child-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const script = join(folder, "script.mjs");
  writeFileSync(script, source);
  return script;
}

function start(source: string, deadlineMs = 30_000) {
  return startChild({
    script: scriptOf(source),
    args: ["argument"],
    env: { CHILD_NAME: "Kim" },
    announces,
    deadlineMs,
  });
}

const announce = "console.log(JSON.stringify({ name: process.env.CHILD_NAME }));";

describe("startChild", () => {
  it("gives what the script announced, and close ends it", async () => {
    const child = await start(`${announce} process.stdin.resume();`);
    expect(child.announced).toEqual({ name: "Kim" });
    await child.close();
    await child.close();
  });

  it("rejects with the script's error output when it ends early", async () => {
    await expect(start("throw new Error('no luck today');")).rejects.toThrow("no luck today");
  });

  it("rejects when the script announces something else", async () => {
    await expect(start("console.log('[]'); process.stdin.resume();")).rejects.toThrow("did not start: []");
  });

  it("rejects when nothing is announced before the deadline", async () => {
    await expect(start("process.stdin.resume();", 300)).rejects.toThrow("did not start: no output");
  });

  it("ends a script that ignores signals by its standard input", async () => {
    const ignoring = "process.on('SIGTERM', () => {}); process.stdin.resume().once('end', () => process.exit(0));";
    const child = await start(announce + ignoring);
    await expect(child.close()).resolves.toBeUndefined();
  });
});

describe("our own scripts", () => {
  it.each(["qdrant-standin/main.ts", "pglite-main.ts"])("%s ends when its caller is gone", async (script) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, script)], { stdio: ["pipe", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const exited = once(child, "exit");
    const [announced] = await once(child.stdout, "data");
    expect(String(announced)).toMatch(/^\{.*\}\n$/);
    child.stdin.end();
    await expect(exited).resolves.toEqual([0, null]);
  });
});
