// The real process, started and watched from outside.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type SidecarStatus, sidecarStatusSchema } from "#contract/status.ts";
import { waitUntil } from "./wait-until.ts";

type LogLine = Record<string, unknown>;
export type SidecarProcess = {
  readonly appUrl: string;
  readonly adminUrl: string;
  /** All lines once it has ended; before that, those that came through the pipe so far. */
  readonly log: readonly LogLine[];
  /** The line of this event and epoch. An answer over HTTP may overtake the line that was written before it. */
  readonly logged: (event: string, epoch: number) => Promise<LogLine>;
  readonly status: (windows?: string) => Promise<SidecarStatus>;
  readonly retrieve: (body: unknown) => Promise<{ readonly status: number; readonly body: RetrieveAnswer }>;
  readonly ready: () => Promise<number>;
  /** Ends it, whether or not somebody still asks; the exit code. */
  readonly stop: (signal?: "SIGINT" | "SIGTERM") => Promise<number | null>;
};
type RetrieveAnswer = {
  readonly candidates?: readonly {
    readonly chunkId: string;
    readonly similarity: number;
    readonly updatedAt: string;
  }[];
  readonly vectorMs?: number;
  readonly error?: { readonly code: string; readonly message: string; readonly path?: string };
};
type Options = {
  /** Null: none, the base comes from variables. */ readonly config: string | null;
  readonly env?: Readonly<Record<string, string>>;
};

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** Runs the program to its end. */
export async function runSidecar(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = launch(args, env);
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)];
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout: stdout(), stderr: stderr() };
}

/** Starts `serve` on free ports and waits until it listens. Rejects with its error text when it ends instead. */
export async function startSidecar({ config, env = {} }: Options): Promise<SidecarProcess> {
  const args = [
    "serve",
    ...(config === null ? [] : ["--config", config]),
    "--listen",
    "127.0.0.1:0",
    "--admin",
    "127.0.0.1:0",
  ];
  const child = launch(args, env);
  const stderr = gather(child.stderr);
  const log: LogLine[] = [];
  const listening = new Promise<LogLine>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`ended with ${code}: ${stderr()}`)));
    if (child.stdout === null) throw new Error("no stdout");
    createInterface(child.stdout).on("line", (line) => {
      const entry = JSON.parse(line) as LogLine;
      log.push(entry);
      if (entry["event"] === "listening") resolve(entry);
    });
  });
  const entry = await listening;
  const [appUrl, adminUrl] = [urlOf(entry["app"]), urlOf(entry["admin"])];
  return {
    appUrl,
    adminUrl,
    log,
    logged: (event, epoch) => waitUntil(() => log.find((line) => line["event"] === event && line["epoch"] === epoch)),
    status: (windows = "") => readStatus(adminUrl, windows),
    retrieve: (body) => postRetrieve(appUrl, body),
    ready: async () => (await fetch(`${adminUrl}/readyz`)).status,
    stop: (signal = "SIGINT") => stop(child, signal),
  };
}

function launch(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return spawn(process.execPath, [main, ...args], {
    env: { PATH, NODE_COMPILE_CACHE, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function readStatus(adminUrl: string, windows: string): Promise<SidecarStatus> {
  const response = await fetch(`${adminUrl}/v1/status?windows=${windows}`);
  return sidecarStatusSchema.parse(await response.json());
}

async function postRetrieve(appUrl: string, body: unknown) {
  const text = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  const response = await fetch(`${appUrl}/v1/retrieve`, { method: "POST", body: text as string });
  return { status: response.status, body: (await response.json()) as RetrieveAnswer };
}

async function stop(child: ChildProcess, signal: "SIGINT" | "SIGTERM"): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  child.kill(signal);
  const [code] = (await once(child, "close")) as [number | null];
  return code;
}

function gather(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

function urlOf(address: unknown): string {
  const { host, port } = address as { host: string; port: number };
  return `http://${host}:${port}`;
}
