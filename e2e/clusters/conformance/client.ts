// A plain HTTPS client for the conformance suite: what goes over the wire is what a check says, nothing is smoothed.
// Reads a kubeconfig; retries nothing.
import { readFileSync } from "node:fs";
import { Agent, request } from "undici";
import { parse } from "yaml";
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
  /** Resolves when the server ends the stream. */
  readonly ended: Promise<void>;
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
  const config = parse(readFileSync(path, "utf8")) as unknown;
  const named = (list: string, name: unknown) =>
    (at(config, list) as readonly unknown[]).find((entry) => at(entry, "name") === name);
  const context = at(named("contexts", at(config, "current-context")), "context");
  const cluster = at(named("clusters", at(context, "cluster")), "cluster");
  const user = at(named("users", at(context, "user")), "user");
  const token = at(user, "token");
  const connectOptions = {
    ca: material(cluster, "certificate-authority"),
    cert: material(user, "client-certificate"),
    key: material(user, "client-key"),
  };
  const given = Object.fromEntries(Object.entries(connectOptions).filter(([, value]) => value !== undefined));
  const dispatcher = new Agent({ connect: given, headersTimeout: patienceMs(deadlineMs), bodyTimeout: 0 });
  return {
    server: String(at(cluster, "server")),
    headers: typeof token === "string" ? { authorization: `Bearer ${token}` } : {},
    dispatcher,
  };
}

/** Certificate material, inline or as a file. */
function material(holder: unknown, name: string): string | undefined {
  const inline = at(holder, `${name}-data`);
  if (typeof inline === "string") return Buffer.from(inline, "base64").toString("utf8");
  const file = at(holder, name);
  return typeof file === "string" ? readFileSync(file, "utf8") : undefined;
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
  const frames: Frame[] = [];
  const waiting = new Set<() => void>();
  let over = false;
  const wake = () => {
    for (const one of waiting) one();
  };
  const ended = collect(reply.body, frames, wake).finally(() => {
    over = true;
    wake();
  });
  let read = 0;
  const next = async (wanted: (frame: Frame) => boolean): Promise<Frame> => {
    const timer = AbortSignal.timeout(patienceMs(deadlineMs));
    for (;;) {
      for (; read < frames.length; read += 1) {
        const frame = frames[read];
        if (frame === undefined || !wanted(frame)) continue;
        read += 1;
        return frame;
      }
      if (over || timer.aborted)
        throw new Error(
          `no such frame; ${over ? "the stream ended" : "deadline"}; seen: ${frames.map((frame) => frame.type).join(", ")}`,
        );
      await changed(waiting, timer);
    }
  };
  const close = async () => {
    abort.abort();
    await ended;
  };
  return { next, ended, [Symbol.asyncDispose]: close };
}

function changed(waiting: Set<() => void>, timer: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      waiting.delete(done);
      timer.removeEventListener("abort", done);
      resolve();
    };
    waiting.add(done);
    timer.addEventListener("abort", done);
  });
}

async function collect(body: AsyncIterable<Buffer>, frames: Frame[], wake: () => void): Promise<void> {
  let rest = "";
  try {
    for await (const chunk of body) {
      const lines = (rest + chunk.toString("utf8")).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) frames.push(JSON.parse(line) as Frame);
      wake();
    }
  } catch (error) {
    // Closing the stream ourselves is its normal end.
    if (!(error instanceof Error) || error.name !== "AbortError") throw error;
  }
}
