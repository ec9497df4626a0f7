// A server of somebody else's as a process of its own: started, waited for, and ended with whoever started it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { request } from "undici";

export type ToolOptions = {
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** Answers 200 once the tool is ready. */
  readonly readyUrl: string;
};

export type Tool = {
  /** Has it read its configuration again. */
  readonly reload: () => void;
  readonly close: () => Promise<void>;
};

const readyMs = 60_000;
const endMs = 10_000;

/** Resolves when it is ready. Rejects with the end of its log when it ends before, or is never ready. */
export async function startTool({ command, args, logFile, readyUrl }: ToolOptions): Promise<Tool> {
  const log = openSync(logFile, "a");
  const child = spawn(command, args, { stdio: ["ignore", log, log] });
  const failed = once(child, "error").then(([fault]) => Promise.reject(fault as Error));
  const end = () => stop(child);
  // Whoever started it may be stopped from outside: nothing is left behind.
  process.once("exit", () => child.kill("SIGKILL"));
  try {
    await Promise.race([failed, untilReady(readyUrl, child)]);
  } catch (cause) {
    await end();
    const text = await readFile(logFile, "utf8");
    throw new Error(`${command} is not ready: ${text.slice(-2000)}`, { cause });
  }
  failed.catch(() => undefined);
  return { reload: () => void child.kill("SIGHUP"), close: end };
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const giveUpAt = performance.now() + readyMs;
  while (performance.now() < giveUpAt && child.exitCode === null) {
    const status = await request(url, { signal: AbortSignal.timeout(2000) })
      .then(async ({ statusCode, body }) => {
        await body.dump();
        return statusCode;
      })
      .catch(() => 0);
    if (status === 200) return;
    await delay(100);
  }
  throw new Error(child.exitCode === null ? `not ready within ${readyMs} ms` : `it ended with ${child.exitCode}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), endMs);
  await gone;
  clearTimeout(timer);
}

/** A port that was free a moment ago, for tools that can't choose one themselves. */
export async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
