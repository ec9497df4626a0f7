// Who we are to the API server, and the one pool of connections to it. Keys, tokens and authorities are read again.
import { hash } from "node:crypto";
import type { RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { Agent, type Dispatcher, ProxyAgent } from "undici";
import { bounded, OperatorError } from "#errors.ts";
import type { Clock } from "#ports/clock.ts";

type Authorized = { readonly headers: Readonly<Record<string, string>>; readonly dispatcher: Dispatcher };

export type KubeConnection = {
  /** `https://host:port[/path]`, without a trailing slash. */
  readonly server: string;
  /** Namespace of the kubeconfig's context, or "default". */
  readonly namespace: string;
  /** Name of the kubeconfig's user: a label, not an identity the server vouches for. */
  readonly userName: string;
  /** Credentials as they are now, and the dispatcher for them. */
  readonly authorize: () => Promise<Authorized>;
  /** Forgets what was read, so that the next call reads it again: after a 401. */
  readonly forget: () => void;
  readonly close: () => Promise<void>;
};

type ConnectionOptions = {
  /** Empty or absent: KUBECONFIG, the home folder's, then the pod's service account. */
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly clock: Clock;
  readonly maxConnections?: number;
};

/** How long credentials are used before they are read again. */
const credentialAgeMs = 10_000;

/** Opens a connection for a kubeconfig. Throws ROP_SETTINGS_INVALID when it can't be read or names no cluster. */
export function openConnection(options: ConnectionOptions): KubeConnection {
  const config = loadConfig(options);
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new OperatorError("ROP_SETTINGS_INVALID", "the kubeconfig's current context names no cluster");
  let current: { readonly key: string; readonly dispatcher: Dispatcher } | undefined;
  let held: { readonly at: number; readonly value: Authorized } | undefined;

  const authorize = async (): Promise<Authorized> => {
    if (held !== undefined && options.clock.elapsed() - held.at < credentialAgeMs) return held.value;
    const request: RequestOptions = { headers: {} };
    await config.applyToHTTPSOptions(request);
    const tls = tlsOf(request);
    const key = hash(
      "sha256",
      JSON.stringify(tls, (_, value: unknown) => (Buffer.isBuffer(value) ? value.toString("base64") : value)),
    );
    if (current?.key !== key) {
      // The authority or the client certificate was rotated: calls under way end on the old connections.
      void current?.dispatcher.close().catch(() => undefined);
      current = { key, dispatcher: makeDispatcher(tls, cluster.proxyUrl, options.maxConnections ?? 16) };
    }
    const value = { headers: headersOf(request), dispatcher: current.dispatcher };
    held = { at: options.clock.elapsed(), value };
    return value;
  };

  return {
    server: cluster.server.replace(/\/+$/, ""),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? "default",
    userName: config.getCurrentUser()?.name ?? "",
    authorize,
    forget: () => {
      held = undefined;
    },
    close: async () => {
      await current?.dispatcher.destroy();
    },
  };
}

function loadConfig(options: ConnectionOptions): KubeConfig {
  const config = new KubeConfig();
  try {
    if (options.kubeconfig === undefined || options.kubeconfig === "") config.loadFromDefault();
    else config.loadFromFile(options.kubeconfig);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "not a kubeconfig";
    throw new OperatorError(
      "ROP_SETTINGS_INVALID",
      `kubeconfig ${options.kubeconfig ?? "(default)"} can't be read (${code})`,
      { cause },
    );
  }
  if (options.context !== undefined && options.context !== "") {
    if (config.getContextObject(options.context) === null) {
      const known = config.getContexts().map((context) => context.name);
      throw new OperatorError(
        "ROP_SETTINGS_INVALID",
        bounded(`no context "${options.context}" in the kubeconfig; it has: ${known.join(", ")}`),
      );
    }
    config.setCurrentContext(options.context);
  }
  return config;
}

type Tls = Pick<RequestOptions, "ca" | "cert" | "key" | "passphrase" | "rejectUnauthorized" | "servername">;

function tlsOf(request: RequestOptions): Tls {
  const names = ["ca", "cert", "key", "passphrase", "rejectUnauthorized", "servername"] as const;
  return Object.fromEntries(
    names.flatMap((name) => (request[name] === undefined ? [] : [[name, request[name]]])),
  ) as Tls;
}

function headersOf(request: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = { "user-agent": "retriever-operator" };
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = String(value);
  if (typeof request.auth === "string")
    headers["authorization"] = `Basic ${Buffer.from(request.auth).toString("base64")}`;
  return headers;
}

function makeDispatcher(tls: Tls, proxyUrl: string | undefined, connections: number): Dispatcher {
  const limits = { connections, pipelining: 1, allowH2: false, keepAliveTimeout: 20_000, keepAliveMaxTimeout: 60_000 };
  if (proxyUrl === undefined || proxyUrl === "") {
    return new Agent({
      ...limits,
      connect: { ...tls, timeout: 5000, keepAlive: true, keepAliveInitialDelay: 30_000 } as object,
    });
  }
  if (proxyUrl.startsWith("socks"))
    throw new OperatorError("ROP_SETTINGS_INVALID", "a SOCKS proxy in the kubeconfig isn't supported");
  return new ProxyAgent({ ...limits, uri: proxyUrl, requestTls: tls as object });
}
