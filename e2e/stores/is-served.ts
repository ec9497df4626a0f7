import { Client } from "pg";
import { patienceMs } from "#support/patience.ts";

const askDeadlineMs = 5000;

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
