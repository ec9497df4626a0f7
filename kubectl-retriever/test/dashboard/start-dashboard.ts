// A dashboard on a port of this machine, over migrations and an API server that a test holds in its hand.
import { type IncomingMessage, request } from "node:http";
import { makeSystemClock } from "@retriever/operator/adapters/system-clock.ts";
import { OperatorError } from "@retriever/operator/errors.ts";
import type { EvidenceReader } from "@retriever/operator/ports/audit-store.ts";
import { LiveMigrations, type WatchHandlers } from "#dashboard/live-migrations.ts";
import { makePages } from "#dashboard/pages.ts";
import type { Served } from "#dashboard/routes.ts";
import { listen } from "#dashboard/server.ts";
import { Streams } from "#dashboard/streams.ts";
import { Viewed } from "#dashboard/viewed.ts";
import type { ActDocument, KubeClient } from "#kube-client.ts";

type Answer = { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly text: string };
type Sent = {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
};

const clock = makeSystemClock();
const noChain: EvidenceReader["readChain"] = async () => undefined;

/** A listener, the hand that feeds its watch, and a browser without manners. */
export async function startDashboard(
  client: Partial<KubeClient> = {},
  readChain: EvidenceReader["readChain"] = noChain,
) {
  let handlers: WatchHandlers | undefined;
  const acts: ActDocument[] = [];
  const stop = new AbortController();
  const fake: KubeClient = {
    readMigration: () => Promise.reject(new OperatorError("ROP_NOT_FOUND", "get")),
    listMigrations: async () => [],
    readActIdentityProved: async () => true,
    userName: "from-kubeconfig",
    whoAmI: async () => "user-a",
    mayI: async () => true,
    listEvents: async () => [],
    deleteAct: async () => undefined,
    createAct: async (act) => {
      acts.push(act);
      return { ...act, metadata: { ...act.metadata, name: "docs-act-1", uid: "act-1" } };
    },
    ...client,
  };
  const live = new LiveMigrations(
    {
      watch: (given) => {
        handlers = given;
        return () => Promise.resolve();
      },
      probe: async () => [],
    },
    clock,
  );
  let served: Served | undefined;
  const viewed = new Viewed({
    client: fake,
    evidence: { readChain },
    clock,
    viewedNow: () => [...(served?.streams.pages ?? [])].flatMap((page) => served?.pages.migrationOf(page) ?? []),
    onChange: () => served?.streams.changed(),
  });
  let base = "";
  const listener = await listen(0, (given) => {
    base = given;
    const cluster = { server: "https://api", context: "prod-eu", flags: "" };
    const standing = () => ({
      ...cluster,
      you: "user-a",
      namespace: undefined,
      now: clock.now(),
      clockAheadMs: 0,
    });
    const pages = makePages({ live, viewed, base, standing });
    served = {
      pages,
      streams: new Streams(pages.fragments, clock),
      you: "user-a",
      client: fake,
      clock,
      signal: stop.signal,
      cluster,
    };
    return served;
  });
  live.onChange(() => served?.streams.changed());
  live.start();
  const reading = viewed.run(stop.signal);
  if (handlers === undefined) throw new Error("nothing watches");
  const { port, link } = listener;
  const ask = (sent: Sent) => exchange(port, sent);
  /** Opens the link; what is asked with the headers it resolves with is a session's. */
  const open = async (): Promise<Record<string, string>> => {
    const opened = await ask({ path: new URL(link).pathname + new URL(link).search });
    return { cookie: String(opened.headers["set-cookie"]).split(";")[0] ?? "" };
  };
  const close = async () => {
    stop.abort();
    await listener.close();
    await Promise.all([live.stop(), reading]);
  };
  return { port, link, base, handlers, acts, ask, open, close, [Symbol.asyncDispose]: close };
}

/** One exchange, with exactly these headers and the right Host unless another one is given. */
function exchange(port: number, { method = "GET", path, headers = {}, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, method, path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Messages of a stream, as they come; the stream is left when the caller stops asking. */
export async function* streamed(
  port: number,
  path: string,
  headers: Record<string, string>,
): AsyncGenerator<Record<string, string>> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, headers }, resolve);
    sent.on("error", reject);
    sent.end();
  });
  if (response.statusCode !== 200) throw new Error(`the stream is answered with ${response.statusCode}`);
  let text = "";
  for await (const part of response as AsyncIterable<Buffer>) {
    text += part.toString("utf8");
    for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
      yield JSON.parse(text.slice("data: ".length, end)) as Record<string, string>;
      text = text.slice(end + 2);
    }
  }
}
