// A sidecar within the test's own process, on a directory, with the clock and the kinds of stores that a test gives it.
import type { loadAdapters } from "@retriever/stores/kinds.ts";
import { type SidecarStatus, sidecarStatusSchema } from "#contract/status.ts";
import type { Log } from "#telemetry/logger.ts";
import { startSidecar } from "../src/sidecar.ts";
import { type ConfigDirectory, makeConfigDirectory } from "./config-directory.ts";

type Clock = Parameters<typeof startSidecar>[0]["clock"];
type Given = {
  /** Content of `retriever.json`. */
  readonly base: string;
  readonly registry: Awaited<ReturnType<typeof loadAdapters>>;
  readonly hosts: readonly string[];
  readonly clock?: Clock;
  /** Takes everything that it logs. */
  readonly told?: (line: unknown) => void;
};

export type InProcessSidecar = {
  readonly directory: ConfigDirectory;
  readonly appUrl: string;
  readonly adminUrl: string;
  readonly status: () => Promise<SidecarStatus>;
  readonly metrics: () => Promise<string>;
  readonly stop: () => Promise<void>;
};

const systemClock: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };

/** Starts it on free ports; every draw is 0, so that whatever may be sampled is. */
export async function startInProcess({
  base,
  registry,
  hosts,
  clock = systemClock,
  told,
}: Given): Promise<InProcessSidecar> {
  const directory = makeConfigDirectory();
  directory.write({ "retriever.json": base });
  let [appUrl, adminUrl] = ["", ""];
  const log: Log = {
    info: (fields) => {
      told?.(fields);
      const { app, admin } = fields as { app?: { port: number }; admin?: { port: number } };
      if (app !== undefined) appUrl = `http://127.0.0.1:${app.port}`;
      if (admin !== undefined) adminUrl = `http://127.0.0.1:${admin.port}`;
    },
    warn: (...more) => told?.(more),
    error: (...more) => told?.(more),
  };
  const address = { host: "127.0.0.1", port: 0 };
  const allowedHosts = hosts.map((host) => ({ host, port: null, credential: null, demandsTls: false }));
  const settings = {
    config: directory.path,
    listen: address,
    admin: address,
    adminTls: null,
    podUid: "p",
    podName: "p",
  };
  const sidecar = await startSidecar({
    settings: { ...settings, allowedHosts, showsNamespaces: false },
    env: {},
    version: "0",
    clock,
    random: () => 0,
    log,
    registry,
  });
  return {
    directory,
    appUrl,
    adminUrl,
    status: async () => sidecarStatusSchema.parse(await (await fetch(`${adminUrl}/v1/status`)).json()),
    metrics: async () => (await fetch(`${adminUrl}/metrics`)).text(),
    stop: async () => {
      await sidecar.stop(1000);
      directory.remove();
    },
  };
}
