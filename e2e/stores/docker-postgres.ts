// Postgres with pgvector as a container, where Docker answers.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "pg";
import { startGuarded } from "./guarded-process.ts";

const run = promisify(execFile);

const image = "pgvector/pgvector:0.8.1-pg16";
const askDeadlineMs = 5000;
/** The image may have to be fetched. */
const startDeadlineMs = 300_000;
const stepMs = 200;

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
  const endAt = performance.now() + startDeadlineMs;
  while (performance.now() < endAt && container.isRunning()) {
    const connectionString = await publishedAt(name).then(
      (place) => `postgres://postgres:${password}@${place}/postgres`,
    );
    if (await answers(connectionString)) return { connectionString, close: container.close };
    await pause(stepMs);
  }
  await container.close();
  throw new Error(`the container of ${image} doesn't serve`);
}

/** Host and port, or a place where nobody answers. */
async function publishedAt(name: string): Promise<string> {
  const asking = run("docker", ["port", name, "5432/tcp"], { timeout: askDeadlineMs });
  const text = await asking.then(
    ({ stdout }) => stdout,
    () => "",
  );
  return text.split("\n")[0]?.trim() || "127.0.0.1:1";
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString, connectionTimeoutMillis: askDeadlineMs, query_timeout: askDeadlineMs });
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
