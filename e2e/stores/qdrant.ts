// A Qdrant to migrate to: the one that QDRANT_URL names, behind a proxy, else a stand-in in a process of its own.
// Each call gives another address, hence another destination.
import { join } from "node:path";
import { z } from "zod";
import { startChild } from "./child-process.ts";
import { type Degrade, degradeExternal, degradeStandIn } from "./degrade.ts";
import { startDegradingProxy } from "./degrading-proxy.ts";
import { removeCollection } from "./qdrant-rest.ts";

export type Qdrant = {
  readonly url: string;
  /** Key that its data routes want; undefined: none. */
  readonly apiKey: string | undefined;
  /** True: figures taken on it say nothing about Qdrant. */
  readonly standIn: boolean;
  readonly degrade: Degrade;
  /** Removes a collection, whatever is degraded. A stand-in's go with its process. */
  readonly removeCollection: (name: string) => Promise<void>;
  readonly close: () => Promise<void>;
};

export type QdrantOptions = {
  /** 127.x address to listen on. Default 127.0.0.1. */
  readonly address?: string;
  /** Key that the stand-in asks for. An external server's key comes from the environment. */
  readonly apiKey?: string;
  /** Defaults from QDRANT_URL and QDRANT_API_KEY. */
  readonly external?: { readonly url: string | undefined; readonly apiKey: string | undefined };
};

const announcementSchema = z.strictObject({ url: z.string(), admin: z.string() });

/** Starts a destination. Rejects when the stand-in doesn't start; an external server isn't asked anything yet. */
export async function startQdrant(options: QdrantOptions = {}): Promise<Qdrant> {
  const external = options.external ?? { url: process.env["QDRANT_URL"], apiKey: process.env["QDRANT_API_KEY"] };
  if (external.url === undefined || external.url === "") return startStandInProcess(options);
  const { url: upstream } = external;
  const apiKey = external.apiKey === "" ? undefined : external.apiKey;
  const proxy = await startDegradingProxy(upstream, options.address ?? "127.0.0.1");
  const server = { url: upstream, apiKey };
  return {
    url: proxy.url,
    apiKey,
    standIn: false,
    degrade: degradeExternal(server, proxy),
    removeCollection: (name) => removeCollection(server, name),
    close: proxy.close,
  };
}

async function startStandInProcess({ address = "127.0.0.1", apiKey }: QdrantOptions): Promise<Qdrant> {
  const child = await startChild({
    script: join(import.meta.dirname, "qdrant-standin/main.ts"),
    args: ["--listen", `${address}:0`, "--admin", `${address}:0`],
    env: apiKey === undefined ? {} : { STAND_IN_API_KEY: apiKey },
    announces: announcementSchema,
    deadlineMs: 20_000,
  });
  const { url, admin } = child.announced;
  return {
    url,
    apiKey,
    standIn: true,
    degrade: degradeStandIn(admin),
    removeCollection: async () => undefined,
    close: child.close,
  };
}
