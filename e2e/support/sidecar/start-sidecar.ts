// The real sidecar as a process, started from a base as a user would write it.
// It is reached through its listeners alone.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { type SidecarStatus, sidecarStatusSchema } from "@retriever/sidecar/contract/status.ts";
import { request } from "undici";
import { eventually } from "#support/eventually.ts";
import { patienceMs } from "#support/patience.ts";
import { startProcess, type WatchedProcess } from "#support/process/start-process.ts";
import { environmentOf, nodeArgumentsOf } from "../../../tools/images/image-config.ts";

type SidecarOptions = {
  /** Content of `retriever.json`. */
  readonly base: object;
  readonly core?: number | undefined;
  /** Before the script's name, beside those of the image. */
  readonly nodeArguments?: readonly string[];
  readonly withChannel?: boolean;
  readonly env?: Readonly<Record<string, string>>;
};

type Announced = { readonly appUrl: string; readonly adminUrl: string };
export type Sidecar = Announced & {
  /** Of its configuration. */
  readonly folder: string;
  readonly process: WatchedProcess<Announced>;
  readonly status: () => Promise<SidecarStatus>;
  /** Resolves when it has probed its primary and found this dimension. */
  readonly probed: (dimension: number) => Promise<void>;
  /** Puts an overlay's text into the place of the one before. */
  readonly writeOverlay: (text: string) => void;
  /** Exposition text. */
  readonly metrics: () => Promise<string>;
  /** Ends it in order; its exit code. */
  readonly stop: () => Promise<number | null>;
};

const main = fileURLToPath(import.meta.resolve("@retriever/sidecar/main.ts"));
const adminDeadlineMs = 10_000;

/** Starts `serve` on free ports, as its image does. Rejects with its output when it doesn't come up. */
export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  const { base, core, nodeArguments = [], withChannel = false, env = {} } = options;
  const folder = mkdtempSync(join(tmpdir(), "retriever-sidecar-"));
  writeFileSync(join(folder, "retriever.json"), JSON.stringify(base));
  const serve = ["serve", "--config", folder, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
  const started = await startProcess<Announced>({
    command: process.execPath,
    args: [...nodeArgumentsOf("sidecar"), ...nodeArguments, main, ...serve],
    core,
    withChannel,
    env: { ...environmentOf("sidecar"), ...env },
    readLine: readListening,
    // By SIGTERM it would serve on for as long as somebody keeps a connection.
    endSignal: "SIGINT",
  }).catch((error: unknown) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  const { announced } = started;
  const status = async () => sidecarStatusSchema.parse(JSON.parse(await read(`${announced.adminUrl}/v1/status`)));
  return {
    ...announced,
    folder,
    process: started,
    status,
    probed: async (dimension) => {
      await eventually(`the primary's dimension is ${dimension}`, async () =>
        (await status()).stores.some((store) => store.role === "primary" && store.dimension === dimension),
      );
    },
    writeOverlay: (text) => {
      // Never half a document.
      writeFileSync(join(folder, "..migration.json"), text);
      renameSync(join(folder, "..migration.json"), join(folder, "migration.json"));
    },
    metrics: () => read(`${announced.adminUrl}/metrics`),
    stop: async () => {
      const code = await started.stop();
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}

/** Samples that have an outcome, whichever it is. */
export function endedSamples(counters: Counters): number {
  const { answered, shadowErrors, shadowTimeouts, shadowDropped } = counters;
  return answered + shadowErrors + shadowTimeouts + shadowDropped;
}

type Listening = { readonly event?: string; readonly app?: Address; readonly admin?: Address };
type Address = { readonly host: string; readonly port: number };

function readListening(line: string): Announced | undefined {
  if (!line.startsWith("{")) return undefined;
  const { event, app, admin } = JSON.parse(line) as Listening;
  if (event !== "listening" || app === undefined || admin === undefined) return undefined;
  return { appUrl: `http://${app.host}:${app.port}`, adminUrl: `http://${admin.host}:${admin.port}` };
}

async function read(url: string): Promise<string> {
  const signal = AbortSignal.timeout(patienceMs(adminDeadlineMs));
  const { statusCode, body } = await request(url, { signal });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`);
  return text;
}
