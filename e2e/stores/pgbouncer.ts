// pgbouncer of Debian in front of a Postgres, in transaction mode, as poolers of clouds are.
import { execFile } from "node:child_process";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "#support/eventually.ts";
import { freePort } from "#support/free-port.ts";
import { startGuarded } from "./guarded-process.ts";
import { isServed } from "./is-served.ts";
import { serverAccount } from "./wheel-postgres.ts";

const run = promisify(execFile);
const program = "/usr/sbin/pgbouncer";
const startDeadlineMs = 20_000;

type Pooler = {
  /** Of the same database and role, through the pooler. */
  readonly connectionString: string;
  readonly close: () => Promise<void>;
};

/** Whether Debian's package is installed here. */
export function hasPgbouncer(): Promise<boolean> {
  return run(program, ["--version"]).then(
    () => true,
    () => false,
  );
}

/** Starts one in front of the server. Rejects when it doesn't serve in time. */
export async function startPgbouncer(
  connectionString: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Pooler> {
  const target = new URL(connectionString);
  const address = target.hostname;
  const folder = await mkdtemp(join(tmpdir(), "retriever-pgbouncer-"));
  const port = await freePort(address);
  const all = {
    listen_addr: address,
    listen_port: `${port}`,
    unix_socket_dir: "",
    auth_type: "plain",
    auth_file: join(folder, "users.txt"),
    pool_mode: "transaction",
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
  const files = {
    "users.txt": `"${target.username}" "${target.password}"\n`,
    "pgbouncer.ini": `[databases]\n* = host=${address} port=${target.port}\n[pgbouncer]\n${lines.join("\n")}\n`,
  };
  const account = await serverAccount();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o644 });
  await chmod(folder, 0o755);
  if (account !== undefined) await chown(folder, account.uid, account.gid);
  const pooler = startGuarded({
    command: [program, join(folder, "pgbouncer.ini")],
    logFile: join(folder, "pgbouncer.log"),
    ending: 'kill -INT "$server" 2>/dev/null; wait "$server"; rm -rf "$1"',
    endingArguments: [folder],
    account,
  });
  target.port = `${port}`;
  try {
    const waiting = { deadlineMs: startDeadlineMs, isOver: () => !pooler.isRunning() };
    await eventually("pgbouncer serves", () => isServed(target.href), waiting);
    return { connectionString: target.href, close: pooler.close };
  } catch (error) {
    await pooler.close();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
