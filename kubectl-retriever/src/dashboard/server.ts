// The listener of the dashboard: 127.0.0.1 alone, every answer with the same strict headers, bodies and connections bounded.
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { element, group } from "@retriever/operator/page/markup.ts";
import { makeLimitedServer } from "@retriever/stores/http/limit-connections.ts";
import { type Access, makeAccess } from "./access.ts";
import { renderFrame } from "./frame.ts";
import { answerGet, answerPost, type Served, send } from "./routes.ts";

type Listener = { readonly link: string; readonly port: number; readonly close: () => Promise<void> };

/** At that many, one on which nobody waits for an answer gives way to the next. */
const mostConnections = 64;

/** Nothing from elsewhere, nothing inline, in no frame, kept nowhere. */
const headers = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // With no-referrer browsers would send forms with the origin "null".
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** Listens; `serve` is told the path of the pages. Port 0: any free one. */
export async function listen(port: number, serve: (base: string) => Served): Promise<Listener> {
  let handle: RequestListener = (_request, response) => response.destroy();
  const server = makeLimitedServer({ requestTimeout: 30_000 }, { most: mostConnections }, (request, response) =>
    handle(request, response),
  );
  await bind(server, port);
  const bound = (server.address() as AddressInfo).port;
  const access = makeAccess(bound);
  const served = serve(access.base);
  handle = (request, response) => {
    // A browser that goes away in the middle is no fault of ours: an act goes on without it.
    response.on("error", () => undefined);
    answer(request, response, access, served).catch(() => response.destroy());
  };
  return {
    link: access.link,
    port: bound,
    close: async () => {
      served.streams.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function bind(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  access: Access,
  served: Served,
): Promise<void> {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  const { method = "", url = "", headers: sent } = request;
  const judged = access.judge({ method, url, headers: sent });
  switch (judged.kind) {
    case "refused":
      response.setHeader("connection", "close");
      return send(response, judged.status, "text/plain", `${judged.why}\n`);
    case "opened":
      // Not a redirection: only a page of this origin brings the cookie along where another site led here.
      response.setHeader("set-cookie", judged.cookie);
      response.setHeader("refresh", `0;url=${judged.next}`);
      return send(response, 200, "text/html", openedPage(judged.next, served.cluster));
    case "session":
      return method === "POST"
        ? answerPost(judged.path, request, response, { base: access.base, ...served })
        : answerGet(judged.path, judged.query, response, { base: access.base, ...served });
  }
}

function openedPage(next: string, { context }: Served["cluster"]): string {
  const link = element("p", {}, element("a", { href: next }, "Go on to the migrations"));
  return renderFrame({ base: next, title: "Opened", context, content: group(element("h1", {}, "Opened"), link) });
}
