// One pool of connections to an API server, with the credentials somebody read. Keys, tokens and authorities are read again.
import { hash } from "node:crypto";
import type { RequestOptions } from "node:https";
import { Agent, type Dispatcher, ProxyAgent } from "undici";
import { OperatorError } from "#errors.ts";
import type { Clock } from "#ports/clock.ts";

type Headers = Readonly<Record<string, string | readonly string[]>>;
type Authorized = { readonly headers: Record<string, string | string[]>; readonly dispatcher: Dispatcher };

export type KubeConnection = {
  /** `https://host:port[/path]`, without a trailing slash. */
  readonly server: string;
  /** `host:port` by which it is reached; undefined: directly. */
  readonly proxy?: string | undefined;
  /** Name of the kubeconfig's context, by which people know the cluster; empty in a pod. */
  readonly context: string;
  /** Namespace of the kubeconfig's context, or "default". */
  readonly namespace: string;
  /** Name of the kubeconfig's user: a label, not an identity the server vouches for. */
  readonly userName: string;
  /** Somebody may be asked for the login, and takes the time they need. */
  readonly isAttended?: boolean | undefined;
  /** Credentials as they are now, and the dispatcher for them. */
  readonly authorize: () => Promise<Authorized>;
  /** Forgets what was read, so that the next call reads it again: after a 401. */
  readonly forget: () => void;
  readonly close: () => Promise<void>;
};

/** What a kubeconfig says of one context. */
export type KubeAccess = {
  readonly server: string;
  readonly context: string;
  readonly proxyUrl: string | undefined;
  readonly namespace: string | undefined;
  readonly userName: string;
  /** Adds the authority, the client certificate and the headers as they are now. */
  readonly apply: (request: RequestOptions) => Promise<void>;
  /** The server doesn't take what was applied: a login is made anew. */
  readonly forget?: () => void;
  /** Somebody may be asked for the login, and takes the time they need. */
  readonly isAttended?: boolean;
};

type PoolOptions = {
  readonly clock: Clock;
  readonly maxConnections?: number;
  /** Sent with every request: on whose behalf it is made, for instance. */
  readonly headers?: Headers;
};

/** How long credentials are used before they are read again. */
const credentialAgeMs = 10_000;

/** A connection with what a kubeconfig said. */
export function connectTo(access: KubeAccess, options: PoolOptions): KubeConnection {
  let current: { readonly key: string; readonly dispatcher: Dispatcher } | undefined;
  let held: { readonly at: number; readonly value: Authorized } | undefined;

  const authorize = async (): Promise<Authorized> => {
    if (held !== undefined && options.clock.elapsed() - held.at < credentialAgeMs) return held.value;
    const request: RequestOptions = { headers: {} };
    await access.apply(request);
    const tls = tlsOf(request);
    const key = hash(
      "sha256",
      JSON.stringify(tls, (_, value: unknown) => (Buffer.isBuffer(value) ? value.toString("base64") : value)),
    );
    if (current?.key !== key) {
      // The authority or the client certificate was rotated: calls under way end on the old connections.
      void current?.dispatcher.close().catch(() => undefined);
      current = { key, dispatcher: makeDispatcher(tls, access.proxyUrl, options.maxConnections ?? 16) };
    }
    const value = { headers: headersOf(request, options.headers ?? {}), dispatcher: current.dispatcher };
    held = { at: options.clock.elapsed(), value };
    return value;
  };

  return {
    server: access.server.replace(/\/+$/, ""),
    proxy: URL.parse(access.proxyUrl ?? "")?.host,
    context: access.context,
    namespace: access.namespace ?? "default",
    userName: access.userName,
    isAttended: access.isAttended,
    authorize,
    forget: () => {
      held = undefined;
      access.forget?.();
    },
    close: async () => {
      await current?.dispatcher.destroy();
    },
  };
}

type Tls = Pick<RequestOptions, "ca" | "cert" | "key" | "passphrase" | "rejectUnauthorized" | "servername">;

function tlsOf(request: RequestOptions): Tls {
  const names = ["ca", "cert", "key", "passphrase", "rejectUnauthorized", "servername"] as const;
  return Object.fromEntries(
    names.flatMap((name) => (request[name] === undefined ? [] : [[name, request[name]]])),
  ) as Tls;
}

function headersOf(request: RequestOptions, more: Headers): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { "user-agent": "retriever-operator" };
  for (const [name, value] of Object.entries(request.headers ?? {}))
    headers[name.toLowerCase()] = Array.isArray(value) ? value : String(value);
  if (typeof request.auth === "string")
    headers["authorization"] = `Basic ${Buffer.from(request.auth).toString("base64")}`;
  for (const [name, value] of Object.entries(more)) headers[name] = typeof value === "string" ? value : [...value];
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
  // What it is isn't told: a password may be in it.
  const scheme = URL.parse(proxyUrl)?.protocol ?? "no address";
  if (scheme !== "http:" && scheme !== "https:")
    throw new OperatorError(
      "ROP_SETTINGS_INVALID",
      `the proxy of the API server (proxy-url in the kubeconfig, or HTTPS_PROXY) is ${scheme.replace(":", "")}, expected http or https`,
    );
  return new ProxyAgent({ ...limits, uri: proxyUrl, requestTls: tls as object });
}
