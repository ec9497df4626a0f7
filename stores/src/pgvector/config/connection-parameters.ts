// From a connection string to its parameters, by libpq's names. Text on which libpq and node-postgres disagree is refused.
// Messages never quote what stood there: a slip of the pen makes a password a host or a parameter.

import { parameterRules } from "./parameter-rules.ts";

/** Why a connection string isn't taken; `part` is a parameter of it, or what it is as a whole. */
export class ConnectionRefusal extends Error {
  constructor(part: string, expected: string) {
    super(part === "" ? expected : `${part}: ${expected}`);
    this.name = "ConnectionRefusal";
  }
}

/** `host`, `user`, `sslmode`, …: at most once each, decoded, never empty. */
export type ConnectionParameters = ReadonlyMap<string, string>;

const uri = /^postgres(?:ql)?(?:\+[a-z0-9_]+)?:\/\//i;
const pairs = /^\s*[a-z_]+\s*=/;
const unprintable = /[\p{Cc}\u2028\u2029\ufeff]/u;

const expectedForms = "expected postgres://user:password@host:port/database, or host=… user=… password=… dbname=…";
const unencoded =
  "expected @ / ? # and % in user, password and database percent-encoded (%40 %2F %3F %23 %25), got one as it is";

/** Throws ConnectionRefusal. */
export function readConnectionParameters(text: string): ConnectionParameters {
  if (unprintable.test(text)) throw new ConnectionRefusal("", "expected one line without control characters");
  const scheme = uri.exec(text);
  if (scheme !== null) return readUri(text.slice(scheme[0].length));
  if (pairs.test(text)) return readPairs(text);
  throw new ConnectionRefusal("", expectedForms);
}

function readUri(rest: string): ConnectionParameters {
  const [authority = ""] = rest.split(/[/?#]/, 1);
  const [path = "", ...queries] = rest.slice(authority.length).split("?");
  const userEnd = authority.lastIndexOf("@");
  const [user = "", ...passwords] = authority.slice(0, Math.max(0, userEnd)).split(":");
  const database = path.slice(1);
  // One reader ends the password at the first of these marks, the other one at the last.
  if (rest.includes("#") || /[@/]/.test(database) || queries.length > 1) throw new ConnectionRefusal("", unencoded);
  if (authority.indexOf("@") !== userEnd) throw new ConnectionRefusal("", unencoded);
  const parameters = new Map<string, string>();
  const put = (name: string, value: string): void => {
    if (value !== "") parameters.set(name, decode(value, name));
  };
  put("user", user);
  put("password", passwords.join(":"));
  readAddress(authority.slice(userEnd + 1), put);
  put("dbname", database);
  for (const [name, value] of readQuery(queries[0] ?? "")) {
    if (name === "dbname" && parameters.has("dbname")) throw new ConnectionRefusal(name, "expected once, got it twice");
    parameters.set(name, value);
  }
  return parameters;
}

type Put = (name: string, value: string) => void;

function readAddress(text: string, put: Put): void {
  if (text.includes(",")) throw severalHosts();
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(text);
  if (match === null) throw new ConnectionRefusal("host", "expected an IPv6 address in brackets, as in [::1]:5432");
  const [, address, name, port] = match;
  put("host", address ?? name ?? "");
  put("port", port ?? "");
}

/** libpq takes the first of several that answers, node-postgres knows one. */
export function severalHosts(): ConnectionRefusal {
  return new ConnectionRefusal("host", "expected one host, got several: name the one that serves, or its proxy");
}

function readQuery(query: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const each of query.split("&").filter((part) => part !== "")) {
    const equals = each.indexOf("=");
    if (equals < 0) throw new ConnectionRefusal("", unencoded);
    const name = decode(each.slice(0, equals), "");
    // What follows may be the end of a password, so that the name is no name.
    if (!isNamed(name) && query.includes("@")) throw new ConnectionRefusal("", unencoded);
    put(found, name, decodePlus(each.slice(equals + 1), name));
  }
  return found;
}

function decodePlus(value: string, name: string): string {
  if (value.includes("+")) throw new ConnectionRefusal(name, "expected + as %2B and a space as %20, got a bare +");
  return decode(value, name);
}

function decode(text: string, name: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw new ConnectionRefusal(name, "expected % only before two hex digits of UTF-8 text, and as %25 by itself");
  }
  if (unprintable.test(decoded)) throw new ConnectionRefusal(name, "expected no control character");
  return decoded;
}

/** libpq's other form: `key=value`, values in quotes where they hold spaces, a backslash before any character. */
function readPairs(text: string): ConnectionParameters {
  const found = new Map<string, string>();
  const pair = /\s*([a-z0-9_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?!')(?:[^\s\\]|\\.)*))(?=\s|$)/y;
  const end = text.trimEnd().length;
  while (pair.lastIndex < end) {
    const match = pair.exec(text);
    if (match === null) throw new ConnectionRefusal("", expectedForms);
    const [, name = "", quoted, plain = ""] = match;
    put(found, name, (quoted ?? plain).replaceAll(/\\(.)/g, "$1"));
  }
  return found;
}

/** The last of two counts for one reader, the first for another. An empty value is none, but where one reader takes TLS for asked. */
function put(found: Map<string, string>, name: string, value: string): void {
  if (found.has(name)) throw new ConnectionRefusal(isNamed(name) ? name : "", "expected each parameter once");
  if (value === "" && /^ssl(mode)?$/.test(name)) throw new ConnectionRefusal(name, "expected a value, got none");
  if (value !== "") found.set(name, value);
}

/** Whether a message may hold it: what isn't known may be a piece of a password. */
export function isNamed(name: string): boolean {
  return Object.hasOwn(parameterRules, name);
}
