// Starts one long-running process through the runner's process table, prints its pid, and waits to be killed.
// Only a test of what a killed runner leaves behind starts it.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeProcesses } from "../runner/pod/processes.ts";

const processes = makeProcesses();
const command = [process.execPath, "-e", "setInterval(() => undefined, 1000)"];
const logFile = join(process.argv[2] ?? tmpdir(), "abandoned.log");
const running = processes.start({ command, env: {}, cwd: tmpdir(), logFile });
process.stdout.write(`${running.pid}\n`);
