// `make test-busy`: make test and make demo beside two busy loops, as on a machine that others use as well.
// Last line JSON. `--times=N`: so many times in a row.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "..");
const loops = 2;
/** Ends with its parent, however that one ended: it looks at it again and again. */
const loop = `
  const parent = process.ppid;
  while (process.ppid === parent) for (const until = performance.now() + 100; performance.now() < until; );
`;

type Ran = { readonly code: number; readonly seconds: number; readonly lastLine: string };

/** Runs a target of the Makefile; what it prints is printed. */
async function make(target: string): Promise<Ran> {
  const startedAt = performance.now();
  const child = spawn("make", ["--no-print-directory", target], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  let end = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    process.stdout.write(text);
    end = (end + text).slice(-65_536);
  });
  const code = await new Promise<number>((resolve) => {
    child.once("error", () => resolve(127));
    child.once("close", (exitCode) => resolve(exitCode ?? 1));
  });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  return { code, seconds, lastLine: end.trim().split("\n").at(-1) ?? "" };
}

function startLoops(): readonly ChildProcess[] {
  return Array.from({ length: loops }, () => spawn(process.execPath, ["-e", loop], { stdio: "ignore" }));
}

async function runOnce() {
  const busy = startLoops();
  try {
    const test = await make("test");
    const demo = await make("demo");
    const stillBusy = busy.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null).length;
    return {
      ok: test.code === 0 && demo.code === 0 && stillBusy === loops,
      test: { counts: test.lastLine, exitCode: test.code, seconds: test.seconds },
      demo: { exitCode: demo.code, seconds: demo.seconds },
    };
  } finally {
    for (const child of busy) child.kill("SIGKILL");
  }
}

const { values } = parseArgs({ options: { times: { type: "string", default: "1" } } });
const times = Number(values.times);
if (!Number.isInteger(times) || times < 1) throw new RangeError(`--times is ${values.times}, expected 1 or more`);
const runs: Awaited<ReturnType<typeof runOnce>>[] = [];
while (runs.length < times) runs.push(await runOnce());
const ok = runs.every((run) => run.ok);
process.stdout.write(`${JSON.stringify({ busyLoops: loops, ok, runs })}\n`);
process.exitCode = ok ? 0 : 1;
