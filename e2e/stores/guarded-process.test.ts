// Servers that aren't ours end with whoever started them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { eventually } from "#support/eventually.ts";
import { startGuarded } from "./guarded-process.ts";

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "guarded-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function until(isSo: () => boolean): Promise<void> {
  await eventually(String(isSo), async () => isSo(), { everyMs: 20 });
}

/** A server that says its process and waits. */
const command = ["/bin/sh", "-c", 'echo "$$ $WORD"; exec sleep 600'];
const ending = 'kill "$server"; wait "$server"; echo gone >"$1"';

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

it("ends the server, and then does what was asked for", async () => {
  const folder = makeFolder();
  const [logFile, mark] = [join(folder, "it's a log"), join(folder, "mark")];
  const guarded = startGuarded({ command, logFile, env: { WORD: "hello" }, ending, endingArguments: [mark] });
  await until(() => existsSync(logFile) && readFileSync(logFile, "utf8").includes("hello"));
  const pid = Number.parseInt(readFileSync(logFile, "utf8"), 10);
  expect(isAlive(pid)).toBe(true);
  await guarded.close();
  await guarded.close();
  expect([isAlive(pid), guarded.isRunning()]).toEqual([false, false]);
  expect(readFileSync(mark, "utf8")).toBe("gone\n");
});

it("ends the server of a caller that was killed", async () => {
  const folder = makeFolder();
  const [logFile, mark, script] = [join(folder, "log"), join(folder, "mark"), join(folder, "caller.ts")];
  const options = JSON.stringify({ command, logFile, ending, endingArguments: [mark] });
  const module = JSON.stringify(join(import.meta.dirname, "guarded-process.ts"));
  writeFileSync(script, `import { startGuarded } from ${module};\nstartGuarded(${options});\n`);
  const caller = spawn(process.execPath, [script], { stdio: "ignore" });
  await until(() => existsSync(logFile) && readFileSync(logFile, "utf8").includes("\n"));
  const pid = Number.parseInt(readFileSync(logFile, "utf8"), 10);
  const exited = once(caller, "exit");
  caller.kill("SIGKILL");
  await exited;
  await until(() => existsSync(mark));
  expect(isAlive(pid)).toBe(false);
});
