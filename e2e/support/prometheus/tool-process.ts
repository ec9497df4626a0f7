// A server of somebody else's as a process of its own: started, waited for, and ended with whoever started it.
import { request } from "undici";
import { eventually } from "#support/eventually.ts";
import { patienceMs } from "#support/patience.ts";
import { startProcess } from "#support/process/start-process.ts";

type ToolOptions = {
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** Answers 200 once the tool is ready. */
  readonly readyUrl: string;
};

type Tool = {
  /** Has it read its configuration again. */
  readonly reload: () => void;
  readonly close: () => Promise<unknown>;
};

/** Resolves when it is ready. Rejects with the end of its log when it ends before, or is never ready. */
export async function startTool({ readyUrl, ...program }: ToolOptions): Promise<Tool> {
  const { isRunning, output, signal, stop } = await startProcess({ ...program, env: process.env });
  try {
    const isOver = () => !isRunning();
    await eventually(`${program.command} is ready`, () => isReady(readyUrl), { isOver, describe: output });
  } catch (fault) {
    await stop();
    throw fault;
  }
  return { reload: () => signal("SIGHUP"), close: stop };
}

async function isReady(url: string): Promise<boolean> {
  const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(patienceMs(2000)) });
  await body.dump();
  return statusCode === 200;
}
