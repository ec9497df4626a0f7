// One request, from its head to its answer: key, route, query string, body, rights, work. No sockets here.
// The order of the checks is Qdrant's; each has its own kind of refusal.
import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Catalog } from "./catalog.ts";
import { ApiFault, LimitFault, ShapeFault } from "./fault.ts";
import { JsonSyntaxError, parseJson, placeAt } from "./json-parse.ts";
import { printDouble } from "./json-print.ts";
import type { Json } from "./json-value.ts";
import { parseParameters } from "./parameters.ts";
import { type Answer, type Route, routes } from "./routes.ts";

export type Keys = { readonly full: string | undefined; readonly readOnly: string | undefined };
export type Rights = "all" | "read";

export type Reply = { readonly status: number; readonly contentType: string | undefined; readonly body: string };
export type Match = { readonly route: Route; readonly names: readonly string[] };

const json = "application/json";
export const nothingHere: Reply = { status: 404, contentType: undefined, body: "" };

/** The path's steps, decoded; undefined when it can't be. A trailing slash doesn't count. */
function stepsOf(path: string): readonly string[] | undefined {
  try {
    return path.replace(/\/+$/, "").split("/").slice(1).map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

/** The route of a method and path; of two, the one without a placeholder where the other has one. */
export function matchRoute(method: string, path: string): Match | undefined {
  const steps = stepsOf(path);
  if (steps === undefined) return undefined;
  const fits = routes.filter(
    (route) =>
      route.method === method &&
      route.path.length === steps.length &&
      route.path.every((step, index) => step === "*" || step === steps[index]),
  );
  const route = fits.find(({ path }) => !path.includes("*")) ?? fits.toSorted((a, b) => wildcards(a) - wildcards(b))[0];
  if (route === undefined) return undefined;
  return { route, names: steps.filter((_, index) => route.path[index] === "*") };
}

function wildcards({ path }: Route): number {
  return path.filter((step) => step === "*").length;
}

/** What the key in the request's headers allows; a refusal when it allows nothing. */
export function authorise(keys: Keys, headers: IncomingHttpHeaders): Rights | Reply {
  if (keys.full === undefined && keys.readOnly === undefined) return "all";
  const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
  const given = headers["api-key"] ?? bearer;
  if (typeof given !== "string") return unauthorised("Must provide an API key or an Authorization bearer token");
  if (keys.full !== undefined && isSame(given, keys.full)) return "all";
  return keys.readOnly !== undefined && isSame(given, keys.readOnly) ? "read" : unauthorised("Invalid API key or JWT");
}

function unauthorised(body: string): Reply {
  return { status: 401, contentType: undefined, body };
}

function isSame(a: string, b: string): boolean {
  return timingSafeEqual(hash("sha256", a, "buffer"), hash("sha256", b, "buffer"));
}

export type Job = {
  readonly match: Match;
  readonly rights: Rights;
  readonly search: URLSearchParams;
  readonly catalog: Catalog;
  readonly seed: number;
  /** Gives the body; not called for a route without one. May throw ApiFault. */
  readonly readBody: () => Promise<string>;
  /** Seconds since the request came. */
  readonly elapsed: () => number;
};

/** The answer to a routed request. Never throws for a fault of the request. */
export async function answer(job: Job): Promise<Reply> {
  try {
    const { route, names } = job.match;
    const parameters = parseParameters(job.search);
    const text = route.hasBody ? await job.readBody() : "";
    const body: Json = route.hasBody ? parseBody(text) : null;
    const { catalog, seed } = job;
    const run = placed(text, () => route.prepare({ catalog, seed, names, parameters, body }));
    if (route.access === "write" && job.rights !== "all") {
      throw new ApiFault(403, "Forbidden: Global manage access is required");
    }
    return succeed(run(), job.elapsed());
  } catch (error) {
    if (error instanceof ApiFault) return refusal(error, job.elapsed());
    throw error;
  }
}

/** The body of an error answer. */
export function refusal(fault: ApiFault, elapsed: number): Reply {
  const time = printDouble(fault.parsing ? 0 : elapsed);
  const body = `{"status":{"error":${JSON.stringify(fault.message)}},"time":${time}}`;
  return { status: fault.status, contentType: json, body };
}

function succeed({ kind, text }: Answer, elapsed: number): Reply {
  if (kind === "text") return { status: 200, contentType: "text/plain; charset=utf-8", body: text };
  const body = kind === "json" ? text : `{"result":${text},"status":"ok","time":${printDouble(elapsed)}}`;
  return { status: 200, contentType: json, body };
}

function parseBody(text: string): Json {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw formatError(error.message);
    throw error;
  }
}

function formatError(text: string): ApiFault {
  return new ApiFault(400, `Format error in JSON body: ${text}`, true);
}

/** Faults of the body's shape, with their place: the end of the body, where Qdrant notices most of them. */
function placed<T>(text: string, prepare: () => T): T {
  try {
    return prepare();
  } catch (error) {
    if (error instanceof ShapeFault) {
      throw formatError(error.message + (error.placed ? placeAt(text, text.trimEnd().length) : ""));
    }
    if (error instanceof LimitFault) throw new ApiFault(422, `Validation error in JSON body: [${error.message}]`, true);
    throw error;
  }
}
