// Postgres with pgvector as a container, where Docker answers.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { Client } from "pg";
import { eventually } from "#support/eventually.ts";
import { patienceMs } from "#support/patience.ts";
import { startGuarded } from "./guarded-process.ts";

const run = promisify(execFile);

const image = "pgvector/pgvector:0.8.1-pg16";
const askDeadlineMs = 5000;
/** The image may have to be fetched. */
const startDeadlineMs = 300_000;

/** Whether a Docker daemon answers. */
export async function hasDocker(): Promise<boolean> {
  return run("docker", ["info"], { timeout: askDeadlineMs }).then(
    () => true,
    () => false,
  );
}

/** Starts a container that is removed with its caller. Rejects when it doesn't serve within five minutes. */
export async function startDockerPostgres(
  address: string,
): Promise<{ readonly connectionString: string; readonly close: () => Promise<void> }> {
  const name = `retriever-postgres-${randomBytes(6).toString("hex")}`;
  const password = randomBytes(12).toString("hex");
  const flags = ["--rm", "--name", name, "--publish", `${address}::5432`, "--env", "POSTGRES_PASSWORD"];
  const container = startGuarded({
    command: ["docker", "run", ...flags, image, "-c", "fsync=off"],
    env: { POSTGRES_PASSWORD: password },
    logFile: "/dev/null",
    ending: 'docker rm --force "$1" >/dev/null 2>&1; wait "$server"',
    endingArguments: [name],
  });
  const find = async () => {
    const connectionString = `postgres://postgres:${password}@${await publishedAt(name)}/postgres`;
    return (await isServed(connectionString)) && connectionString;
  };
  try {
    const waiting = { deadlineMs: startDeadlineMs, isOver: () => !container.isRunning() };
    const connectionString = await eventually(`the container of ${image} serves`, find, waiting);
    return { connectionString, close: container.close };
  } catch (fault) {
    await container.close();
    throw fault;
  }
}

/** Host and port. Rejects while there are none. */
async function publishedAt(name: string): Promise<string> {
  const { stdout } = await run("docker", ["port", name, "5432/tcp"], { timeout: askDeadlineMs });
  return stdout.split("\n")[0]?.trim() ?? "";
}

/** Whether a Postgres answers there. */
export async function isServed(connectionString: string): Promise<boolean> {
  const deadlineMs = patienceMs(askDeadlineMs);
  const client = new Client({ connectionString, connectionTimeoutMillis: deadlineMs, query_timeout: deadlineMs });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
