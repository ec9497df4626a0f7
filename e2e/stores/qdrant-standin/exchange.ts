// One request, from its head to its answer: key, route, query string, body, work. No sockets here.
// The order of the checks is Qdrant's; each has its own kind of refusal.
import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { ApiFault } from "./data/fault.ts";
import { printDouble } from "./data/print-number.ts";
import type { Route, Store } from "./routes.ts";

export type Reply = { readonly status: number; readonly contentType: string | undefined; readonly body: string };

const json = "application/json";
export const nothingHere: Reply = { status: 404, contentType: undefined, body: "" };

const version = { title: "qdrant - vector search engine", version: "1.18.3", commit: "stand-in" };
/** Answered without a key, and never disturbed by staged faults. */
export const openReplies: Readonly<Record<string, Reply>> = {
  "GET /": { status: 200, contentType: json, body: JSON.stringify(version) },
  "GET /healthz": { status: 200, contentType: "text/plain; charset=utf-8", body: "healthz check passed" },
};

/** The refusal of a request whose key isn't the one that is asked for. */
export function checkKey(key: string | undefined, headers: IncomingHttpHeaders): Reply | undefined {
  if (key === undefined) return undefined;
  const given = headers["api-key"];
  if (typeof given !== "string") return unauthorised("Must provide an API key or an Authorization bearer token");
  return isSame(given, key) ? undefined : unauthorised("Invalid API key or JWT");
}

function unauthorised(body: string): Reply {
  return { status: 401, contentType: undefined, body };
}

function isSame(a: string, b: string): boolean {
  return timingSafeEqual(hash("sha256", a, "buffer"), hash("sha256", b, "buffer"));
}

/** Unknown parameters are ignored; known ones are checked before the body is looked at. They have no effect on one node. */
const parametersSchema = z.object({
  timeout: z.stringFormat("seconds", /^0*[1-9]\d*$/).optional(),
  consistency: z.stringFormat("consistency", /^(?:majority|quorum|all|0*[1-9]\d*)$/).optional(),
  wait: z.enum(["true", "false"]).optional(),
});

type Job = {
  readonly route: Route;
  readonly names: readonly string[];
  readonly search: URLSearchParams;
  readonly store: Store;
  /** May throw ApiFault. */
  readonly readBody: () => Promise<string>;
  /** Seconds since the request came. */
  readonly elapsed: () => number;
};

/** The answer to a routed request. Never throws for a fault of the request. */
export async function answer({ route, names, search, store, readBody, elapsed }: Job): Promise<Reply> {
  try {
    const parameters = parametersSchema.safeParse(Object.fromEntries(search));
    if (!parameters.success) {
      const text = z.prettifyError(parameters.error);
      throw new ApiFault(400, `Deserialize error in query parameters: ${text}`, true);
    }
    const { wait, timeout } = parameters.data;
    const seconds = timeout === undefined ? undefined : Number(timeout);
    const call = { store, names, wait: wait === "true", timeout: seconds, body: await readBody() };
    const body = `{"result":${route.answer(call)},"status":"ok","time":${printDouble(elapsed())}}`;
    return { status: 200, contentType: json, body };
  } catch (error) {
    if (error instanceof ApiFault) return refusal(error, elapsed());
    throw error;
  }
}

/** The body of an error answer. */
export function refusal(fault: ApiFault, elapsed: number): Reply {
  const time = printDouble(fault.parsing ? 0 : elapsed);
  const body = `{"status":{"error":${JSON.stringify(fault.message)}},"time":${time}}`;
  return { status: fault.status, contentType: json, body };
}
