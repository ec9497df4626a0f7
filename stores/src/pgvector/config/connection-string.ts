// What a connection string asks for. Never less TLS than either reader would use: what asks for some is verified.
import {
  type ConnectionParameters,
  ConnectionRefusal,
  isNamed,
  readConnectionParameters,
  severalHosts,
} from "./connection-parameters.ts";
import { parameterRules } from "./parameter-rules.ts";

export type Connection = {
  /** A name or address without brackets, or the folder of a socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | null;
  /** False: plain text. */
  readonly isVerified: boolean;
  /** Whether it says so itself. */
  readonly saysTls: boolean;
  /** Of the authority's PEM; null: the system's authorities. */
  readonly caFile: string | null;
  readonly session: SessionSettings;
};

/** What the string asks for beyond where and who. */
export type SessionSettings = {
  readonly applicationName?: string;
  /** `-c name=value …`, as the server's command line has it. */
  readonly options?: string;
  readonly connectTimeoutMs?: number;
};

const hostPattern = /^([A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\.?|[0-9A-Fa-f:]+:[0-9A-Fa-f:.]+)$/;
/** What fits into a socket's address, which ends with `/.s.PGSQL.65535`. */
const socketPattern = /^\/.{0,91}$/;
const longestNameBytes = 63;
/**
 * It stands in labels as one segment of a path. What doesn't may be a piece of a password, or a whole connection string,
 * which libpq takes for a database's name.
 */
export const databasePattern = /^[^\p{Cc}/@=?#]+$/u;
export const databaseExpected = "expected a name without / @ = ? # and control characters";

/** Throws ConnectionRefusal. */
export function readConnectionString(text: string): Connection {
  const parameters = readConnectionParameters(text);
  for (const [name, value] of parameters) checkParameter(name, value);
  const host = hostOf(parameters);
  const user = parameters.get("user");
  if (user === undefined) throw new ConnectionRefusal("user", "expected a user");
  return {
    host,
    port: portOf(parameters),
    database: databaseOf(parameters.get("dbname") ?? user),
    user: nameOf("user", user),
    password: parameters.get("password") ?? null,
    ...tlsOf(parameters, host.startsWith("/")),
    session: sessionOf(parameters),
  };
}

function checkParameter(name: string, value: string): void {
  const rule = isNamed(name) ? parameterRules[name] : undefined;
  if (rule === undefined) {
    const message = "expected parameters that libpq knows, got another one: take it out, or correct its name";
    throw new ConnectionRefusal("", message);
  }
  if ("refused" in rule) throw new ConnectionRefusal(name, rule.refused);
  if (!rule.takes.test(value)) throw new ConnectionRefusal(name, `${rule.expected}, got something else`);
}

function hostOf(parameters: ConnectionParameters): string {
  const host = parameters.get("host");
  if (host === undefined) throw new ConnectionRefusal("host", "expected a host, or the folder of a socket");
  if (host.includes(",")) throw severalHosts();
  if (host.startsWith("/") ? !socketPattern.test(host) : !hostPattern.test(host)) {
    throw new ConnectionRefusal("host", "expected a name, an address or the folder of a socket, got something else");
  }
  return host;
}

function portOf(parameters: ConnectionParameters): number {
  const port = Number(parameters.get("port") ?? 5432);
  if (port > 65_535) throw new ConnectionRefusal("port", "expected 1 to 65535, got more");
  return port;
}

/** Postgres cuts longer names off, and would find another one. */
function nameOf(parameter: string, name: string): string {
  if (Buffer.byteLength(name) <= longestNameBytes) return name;
  throw new ConnectionRefusal(parameter, `expected at most ${longestNameBytes} bytes, got more`);
}

function databaseOf(name: string): string {
  if (databasePattern.test(name)) return nameOf("dbname", name);
  throw new ConnectionRefusal("dbname", databaseExpected);
}

/**
 * Whatever isn't `sslmode=disable` is verified, as with node-postgres: so are `prefer`, `ssl=true` and a root
 * certificate by itself. Without a word on TLS it is plain text.
 */
function tlsOf(
  parameters: ConnectionParameters,
  isSocket: boolean,
): Pick<Connection, "isVerified" | "saysTls" | "caFile"> {
  const [mode, ssl, root] = ["sslmode", "ssl", "sslrootcert"].map((name) => parameters.get(name));
  const wishes = [
    mode === undefined ? [] : [mode !== "disable"],
    ssl === undefined ? [] : [ssl === "true" || ssl === "1"],
    root === undefined ? [] : [true],
  ].flat();
  const isVerified = wishes.includes(true);
  if (isVerified && wishes.includes(false)) {
    throw new ConnectionRefusal(
      mode === undefined ? "ssl" : "sslmode",
      "expected one wish for TLS, got two that differ",
    );
  }
  if (isVerified && isSocket) {
    throw new ConnectionRefusal("sslmode", "expected disable with a socket, which has no TLS, got something else");
  }
  return { isVerified, saysTls: wishes.length > 0, caFile: root === undefined || root === "system" ? null : root };
}

function sessionOf(parameters: ConnectionParameters): SessionSettings {
  const applicationName = parameters.get("application_name") ?? parameters.get("fallback_application_name");
  const options = parameters.get("options");
  // 0: none of its own. The deadline of a request holds all the same.
  const connectTimeoutMs = Number(parameters.get("connect_timeout") ?? 0) * 1000;
  return {
    ...(applicationName === undefined ? {} : { applicationName }),
    ...(options === undefined ? {} : { options }),
    ...(connectTimeoutMs === 0 ? {} : { connectTimeoutMs }),
  };
}
