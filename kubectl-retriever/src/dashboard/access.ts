// Who may ask the dashboard: whoever opened the printed link first. Every request is judged here before anything reads it.
//
// A page of another origin can make a browser ask 127.0.0.1, by name too (DNS rebinding); Host and Origin tell that apart.
// Cookies are shared by all ports of a host, so that another local program would be sent ours: it goes to a path only that
// nobody can guess.
import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** What is asked, as the listener got it. */
type Asked = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
};

type Judgement =
  /** The link was used for the first time: the cookie is set, and the browser goes on to the pages. */
  | { readonly kind: "opened"; readonly cookie: string; readonly next: string }
  | { readonly kind: "session"; readonly path: string; readonly query: URLSearchParams }
  | { readonly kind: "refused"; readonly status: 400 | 401 | 403 | 404 | 405 | 421; readonly why: string };

export type Access = {
  /** What is printed; dies with its first use. */
  readonly link: string;
  /** Path of the pages, with a slash at both ends. */
  readonly base: string;
  readonly judge: (asked: Asked) => Judgement;
};

/** Access to one listener on 127.0.0.1. */
export function makeAccess(port: number): Access {
  // Without the port where it is the usual one, as browsers send it.
  const { origin, host } = new URL(`http://127.0.0.1:${port}`);
  const base = `/${secret(12)}/`;
  const cookieName = `retriever-dashboard-${port}`;
  const session = secret(32);
  let token: string | undefined = secret(32);

  const open = (given: string): Judgement => {
    if (token === undefined) return refused(401, "this link was used already; start the command again for another one");
    if (!isSame(given, token)) return refused(401, "this link isn't the one that was printed");
    token = undefined;
    const cookie = `${cookieName}=${session}; Path=${base}; HttpOnly; SameSite=Strict`;
    return { kind: "opened", cookie, next: base };
  };

  const judge = (sent: Asked): Judgement => {
    const { method, headers } = sent;
    const stranger = refuseStranger(sent);
    if (stranger !== undefined) return stranger;
    const asked = URL.parse(sent.url, origin);
    if (asked === null || asked.origin !== origin) return refused(400, "the address can't be read");
    if (method === "GET" && asked.pathname === "/open") return open(asked.searchParams.get("token") ?? "");
    if (!asked.pathname.startsWith(base)) return refused(404, "there is no such page; open the printed link");
    if (!isSame(cookieOf(headers.cookie ?? "", cookieName), session))
      return refused(401, "nobody opened this page by the printed link");
    if (!isOwn(headers, method)) return refused(403, "another site asks");
    return { kind: "session", path: asked.pathname.slice(base.length), query: asked.searchParams };
  };

  return { link: `${origin}/open?token=${token}`, base, judge };

  function refuseStranger({ method, headers }: Asked): Judgement | undefined {
    if (headers.host !== host) return refused(421, `this is ${origin} and nothing else`);
    if (headers.origin !== undefined && headers.origin !== origin) return refused(403, "another origin asks");
    if (method !== "GET" && method !== "POST") return refused(405, "GET and POST are all there is");
    return undefined;
  }

  /** What changes something must say where it comes from; browsers say it of every POST. */
  function isOwn(headers: IncomingHttpHeaders, method: string): boolean {
    const site = headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin" && site !== "none") return false;
    return method === "GET" || headers.origin === origin;
  }
}

function refused(status: Extract<Judgement, { kind: "refused" }>["status"], why: string): Judgement {
  return { kind: "refused", status, why };
}

function secret(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}

/** Compared by digest, so that time tells neither length nor beginning. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(hash("sha256", given, "buffer"), hash("sha256", expected, "buffer"));
}

function cookieOf(header: string, name: string): string {
  const found = header.split(";").find((part) => part.trim().startsWith(`${name}=`));
  return found?.trim().slice(name.length + 1) ?? "";
}
