// Runs every part of one cluster as a child and ends them all when it ends. For a node it is the first process of its
// own namespaces: the kernel then ends whatever runs in them, containers too, and forgets their mounts.
// Argument: the layout as JSON. Prints {"ready":true}; ends with its standard input. Told over `control.sock`.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { argumentsOf, type ComponentName, componentNames, componentsOf } from "./components.ts";
import type { Layout } from "./layout.ts";
import { waitUntilUp } from "./readiness.ts";

const { layout, programs } = JSON.parse(process.argv[2] ?? "") as {
  readonly layout: Layout;
  /** Path of each component's program. */
  readonly programs: Readonly<Record<ComponentName, string>>;
};
/** Ends a process with its parent, however that one ends. */
const leash = ["setpriv", "--pdeathsig", "KILL"];
const children = new Map<ComponentName, ChildProcess>();
const expectedToEnd = new WeakSet<ChildProcess>();

function end(code: number): never {
  for (const child of children.values()) child.kill("SIGKILL");
  process.exit(code);
}

/** Folders that parts of a node insist on: theirs alone, seen by nobody outside these namespaces. */
function shadowFolders(): void {
  const program = "mount";
  const mount = (...words: readonly string[]) =>
    execFileSync(program, words, { stdio: ["ignore", "ignore", "inherit"] });
  const bind = (own: string, path: string) => {
    mkdirSync(join(layout.folder, own), { recursive: true });
    mkdirSync(path, { recursive: true });
    mount("--bind", join(layout.folder, own), path);
  };
  mount("-t", "tmpfs", "tmpfs", "/run");
  bind("kubelet", "/var/lib/kubelet");
  bind("log", "/var/log");
}

async function start(name: ComponentName): Promise<void> {
  const log = openSync(join(layout.folder, "logs", `${name}.log`), "a");
  const [file = "", ...words] = [...leash, programs[name], ...argumentsOf(name, layout)];
  const child = spawn(file, words, { stdio: ["ignore", log, log] });
  children.set(name, child);
  child.once("error", () => end(1));
  child.once("exit", (code, signal) => {
    if (expectedToEnd.has(child)) return;
    process.stderr.write(`${name} ended by itself: ${signal ?? code}; see ${layout.folder}/logs/${name}.log\n`);
    end(1);
  });
  await waitUntilUp(name, layout);
}

async function kill(name: ComponentName): Promise<void> {
  const child = children.get(name);
  if (child === undefined) return;
  expectedToEnd.add(child);
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
  children.delete(name);
}

/** `POST /kill/NAME`, `POST /start/NAME`: answered when it is done. */
function listen(): void {
  const server = createServer((request, response) => {
    const [, verb, component] = (request.url ?? "").split("/");
    const name = componentNames.find((one) => one === component);
    const action = verb === "kill" ? kill : verb === "start" ? start : undefined;
    if (name === undefined || action === undefined) {
      response.writeHead(404).end();
      return;
    }
    action(name).then(
      () => response.writeHead(200).end("{}"),
      (fault: unknown) => response.writeHead(500).end(String(fault)),
    );
  });
  server.listen(join(layout.folder, "control.sock"));
}

process.stdin.resume().once("end", () => end(0));
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => end(0));
mkdirSync(join(layout.folder, "logs"), { recursive: true });
if (layout.kind === "node") shadowFolders();
for (const name of componentsOf(layout)) await start(name);
listen();
process.stdout.write('{"ready":true}\n');
