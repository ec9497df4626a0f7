// A real Postgres with pgvector: programs from a wheel, data in a folder that goes with the server.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chown, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "#support/eventually.ts";
import { freePort } from "#support/free-port.ts";
import { patienceMs } from "#support/patience.ts";
import { pinned } from "#support/process/start-process.ts";
import { type Guarded, startGuarded } from "./guarded-process.ts";
import { isServed } from "./is-served.ts";
import { installWheel, type WheelVersion } from "./wheel-install.ts";

const run = promisify(execFile);

type WheelOptions = {
  /** 127.x address to listen on. */
  readonly address: string;
  /** Settings of the server, beside those below. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly version?: WheelVersion;
  /** Connection string of a primary with the same settings, whose standby it becomes. */
  readonly standbyOf?: string;
  /** Core to run on; ignored where processes can't be pinned. Undefined: any. */
  readonly core?: number | undefined;
};
type WheelPostgres = { readonly connectionString: string; readonly close: () => Promise<void> };

type Account = { readonly uid: number; readonly gid: number };

const initDeadlineMs = 60_000;
const startDeadlineMs = 30_000;
const startAttempts = 3;
/** Nothing outlives the server, so nothing needs to reach the disk. */
const throwAway = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", wal_level: "minimal" };
const limits = { max_connections: "100", max_wal_senders: "0", max_wal_size: "4GB" };

/** Starts a server of its own. Rejects when the wheel can't be had or doesn't run here. */
export async function startWheelPostgres({
  address,
  settings = {},
  version,
  standbyOf,
  core,
}: WheelOptions): Promise<WheelPostgres> {
  const installation = await installWheel(version);
  const account = await serverAccount();
  const folder = await mkdtemp(join(tmpdir(), "retriever-postgres-"));
  const password = standbyOf === undefined ? randomBytes(12).toString("hex") : new URL(standbyOf).password;
  try {
    if (account !== undefined) await chown(folder, account.uid, account.gid);
    if (standbyOf === undefined) await initialise({ installation, folder, password, account });
    else await copyPrimary({ installation, folder, account }, standbyOf);
    for (let attempt = 1; ; attempt += 1) {
      const port = await freePort(address);
      const connectionString = `postgres://postgres:${password}@${address}:${port}/postgres`;
      const all = { ...throwAway, ...limits, ...settings, listen_addresses: address, port: `${port}` };
      const server = launch({ installation, folder, settings: all, account, core });
      if (await answers(connectionString, server)) return { connectionString, close: server.close };
      const log = await readFile(join(folder, "server.log"), "utf8").catch(() => "");
      // Somebody else may have taken the port in between.
      if (attempt === startAttempts || !log.includes("could not bind"))
        throw new Error(`Postgres didn't start: ${log}`);
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Postgres refuses to run as root; everybody else runs it as themselves. */
export async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(
    ["-u", "-g"].map(async (flag) => Number((await run("id", [flag, "nobody"])).stdout)),
  );
  if (uid === undefined || gid === undefined) throw new Error("there is no account `nobody` to run Postgres as");
  return { uid, gid };
}

type Place = { readonly installation: string; readonly folder: string; readonly account: Account | undefined };

async function initialise({ installation, folder, password, account }: Place & { readonly password: string }) {
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account !== undefined) await chown(passwordFile, account.uid, account.gid);
  const flags = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
  const rest = ["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions", "-D", join(folder, "data")];
  const options = { cwd: "/", timeout: patienceMs(initDeadlineMs), ...account };
  await run(join(installation, "bin/initdb"), [...flags, ...rest], options);
  await rm(passwordFile);
}

async function copyPrimary({ installation, folder, account }: Place, primary: string): Promise<void> {
  const flags = ["-R", "-c", "fast", "-D", join(folder, "data"), "-d", primary];
  await run(join(installation, "bin/pg_basebackup"), flags, {
    cwd: "/",
    timeout: patienceMs(initDeadlineMs),
    ...account,
  });
}

type Launch = Place & Pick<WheelOptions, "core"> & { readonly settings: Readonly<Record<string, string>> };

function launch({ installation, folder, settings, account, core }: Launch): Guarded {
  const all = { ...settings, unix_socket_directories: "" };
  const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return startGuarded({
    command: pinned(core, [join(installation, "bin/postgres"), "-D", join(folder, "data"), ...flags]),
    logFile: join(folder, "server.log"),
    // Immediate: what it would write now is removed next.
    ending: 'kill -QUIT "$server" 2>/dev/null; wait "$server"; rm -rf "$1"',
    endingArguments: [folder],
    account,
  });
}

/** Whether it answers before the deadline. */
async function answers(connectionString: string, server: Guarded): Promise<boolean> {
  const waiting = { deadlineMs: startDeadlineMs, everyMs: 50, isOver: () => !server.isRunning() };
  try {
    return await eventually("Postgres serves", () => isServed(connectionString), waiting);
  } catch {
    await server.close();
    return false;
  }
}
