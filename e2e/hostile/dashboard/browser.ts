// A browser without manners: any header, any path, and what comes back, bounded in time and size.
import { type IncomingMessage, request } from "node:http";
import { patienceMs } from "#support/patience.ts";

export type Asked = {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};
type Answered = { readonly status: number; readonly headers: IncomingMessage["headers"]; readonly text: string };

/** A page of more isn't read: it would be a finding of its own. */
export const mostPageBytes = 4 * 1024 * 1024;

/** One exchange with 127.0.0.1; of a stream what comes in its first second. Status 0: the connection was closed. */
export function ask(port: number, { method = "GET", path, headers = {}, body }: Asked): Promise<Answered> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(patienceMs(10_000));
    const sent = request({ host: "127.0.0.1", port, method, path, headers, signal }, (response) => {
      let text = "";
      const end = () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
        if (text.length > mostPageBytes) sent.destroy();
      });
      if (response.headers["content-type"] === "text/event-stream") setTimeout(() => sent.destroy(), 1000);
      response.on("close", end);
    });
    sent.on("error", () => resolve({ status: 0, headers: {}, text: "" }));
    sent.end(body);
  });
}
