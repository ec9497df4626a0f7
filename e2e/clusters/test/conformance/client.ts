// A plain HTTPS client for the conformance suite: what goes over the wire is what a check says, nothing is smoothed.
// Reads a kubeconfig; retries nothing.
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { bufferFromFileOrString, KubeConfig } from "@kubernetes/client-node";
import { Agent, request } from "undici";
import { patienceMs } from "#support/patience.ts";

export type Body = { readonly [name: string]: unknown };
/** An answer that isn't JSON has its words in `text`. */
export type Reply = { readonly status: number; readonly body: Body };
export type Frame = { readonly type: string; readonly object: Body };

type RequestOptions = {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  /** Another token than the kubeconfig's; empty for none. */
  readonly token?: string;
};

type WatchStream = AsyncDisposable & {
  /** The next frame of which this is true; throws when the stream ends or nothing comes in time. */
  readonly next: (wanted: (frame: Frame) => boolean) => Promise<Frame>;
};

export type Client = AsyncDisposable & {
  readonly request: (method: string, path: string, options?: RequestOptions) => Promise<Reply>;
  readonly watch: (path: string, query: Readonly<Record<string, string>>) => Promise<WatchStream>;
};

const deadlineMs = 15_000;

/** The value at a path of names; undefined where the path ends early. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let current = value;
  for (const name of path) {
    current =
      typeof current === "object" && current !== null
        ? (current as { readonly [name: string | number]: unknown })[name]
        : undefined;
  }
  return current;
}

type Access = {
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Agent;
};

/** A client of the kubeconfig's current context: a token or a client certificate. */
export function connect(kubeconfigPath: string): Client {
  const access = readAccess(kubeconfigPath);
  return {
    request: (method, path, options) => send(access, method, path, options ?? {}),
    watch: (path, query) => openWatch(access, path, query),
    [Symbol.asyncDispose]: () => access.dispatcher.destroy(),
  };
}

function readAccess(path: string): Access {
  const config = new KubeConfig();
  config.loadFromFile(path);
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  if (cluster === null || user === null) throw new Error(`${path}: its context names no cluster or user`);
  const material = {
    ca: bufferFromFileOrString(cluster.caFile, cluster.caData),
    cert: bufferFromFileOrString(user.certFile, user.certData),
    key: bufferFromFileOrString(user.keyFile, user.keyData),
  };
  const given = Object.fromEntries(Object.entries(material).filter(([, value]) => value !== null));
  const dispatcher = new Agent({ connect: given, headersTimeout: patienceMs(deadlineMs), bodyTimeout: 0 });
  const headers: Record<string, string> = user.token === undefined ? {} : { authorization: `Bearer ${user.token}` };
  return { server: cluster.server, headers, dispatcher };
}

function urlOf({ server }: Access, path: string, query: Readonly<Record<string, string>> | undefined): string {
  const search = new URLSearchParams(query).toString();
  return `${server}${path}${search === "" ? "" : `?${search}`}`;
}

async function send(access: Access, method: string, path: string, options: RequestOptions): Promise<Reply> {
  const { token, body } = options;
  const headers: Record<string, string> = {
    ...access.headers,
    accept: options.accept ?? "application/json",
    "user-agent": "conformance/1",
  };
  if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
  if (token === "") delete headers["authorization"];
  if (body !== undefined) headers["content-type"] = options.contentType ?? "application/json";
  const text = body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body);
  const reply = await request(urlOf(access, path, options.query), {
    method: method as "GET",
    headers,
    body: text,
    dispatcher: access.dispatcher,
    signal: AbortSignal.timeout(patienceMs(deadlineMs)),
  });
  const answer = await reply.body.text();
  const isJson = reply.headers["content-type"] === "application/json";
  return { status: reply.statusCode, body: isJson ? (JSON.parse(answer) as Body) : { text: answer } };
}

async function openWatch(access: Access, path: string, query: Readonly<Record<string, string>>): Promise<WatchStream> {
  const abort = new AbortController();
  const headers = { ...access.headers, accept: "application/json" };
  const reply = await request(urlOf(access, path, { ...query, watch: "true" }), {
    headers,
    dispatcher: access.dispatcher,
    signal: abort.signal,
  });
  if (reply.statusCode !== 200)
    throw new Error(`watch ${path}: status ${reply.statusCode}: ${await reply.body.text()}`);
  const frames = framesOf(reply.body);
  const seen: string[] = [];
  const next = async (wanted: (frame: Frame) => boolean): Promise<Frame> => {
    const deadline = delay(patienceMs(deadlineMs), undefined, { ref: false });
    for (;;) {
      const result = await Promise.race([frames.next(), deadline]);
      if (result === undefined || result.done === true) {
        const why = result === undefined ? "deadline" : "the stream ended";
        throw new Error(`no such frame; ${why}; seen: ${seen.join(", ")}`);
      }
      if (wanted(result.value)) return result.value;
      seen.push(result.value.type);
    }
  };
  const close = (): Promise<void> => {
    abort.abort();
    return Promise.resolve();
  };
  return { next, [Symbol.asyncDispose]: close };
}

async function* framesOf(body: Readable): AsyncGenerator<Frame, undefined> {
  let rest = "";
  for await (const chunk of body.setEncoding("utf8") as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as Frame;
  }
  return undefined;
}
