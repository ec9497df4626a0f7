// 200 migrations whose statuses hold 1,000 pods together and 10,000 events of one of them: what an update costs the
// dashboard's process and the page, and the process's memory. Figures of /proc: on Linux alone.
import { readFileSync } from "node:fs";
import type { CDPSession, Page } from "playwright-core";
import { nameOf, namespace, type PhaseCluster } from "./migrations.ts";

const migrations = 200;
const pods = 1000;
const events = 10_000;
const updates = 60;
/** Between two updates: further apart than changes are gathered. */
const pauseMs = 250;

/** Creates them. */
export function createMany({ api, create, uidOf }: PhaseCluster): void {
  for (let index = 0; index < migrations; index += 1) create(`many-${index}`, "Ramp", pods / migrations);
  const uid = uidOf(nameOf("Ramp"));
  const metadata = (index: number) => ({ name: `event-${index}`, namespace });
  for (let index = 0; index < events; index += 1)
    api.direct({
      verb: "create",
      group: "",
      version: "v1",
      plural: "events",
      namespace,
      body: {
        metadata: metadata(index),
        involvedObject: { kind: "RetrieverMigration", name: nameOf("Ramp"), namespace, uid },
        type: "Normal",
        reason: "SampleRateRaised",
        message: `event ${index}`,
        lastTimestamp: new Date(Date.now() - index * 1000).toISOString(),
      },
    });
}

export type ManyFigures = { readonly updateMs: number; readonly pageMs: number; readonly residentMiB: number };

/** The list and a migration's page are open; every update changes one row and the page. */
export async function measureUpdates(list: Page, pid: number, { patch }: PhaseCluster): Promise<ManyFigures> {
  await list
    .getByText("event 0")
    .or(list.getByText(`${migrations + 13} migrations`))
    .first()
    .waitFor();
  const idle = await cpuMs(pid, pauseMs * updates, async () => undefined);
  const session = await list.context().newCDPSession(list);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const pageBefore = await taskMs(session);
  const busy = await cpuMs(pid, pauseMs * updates, async (update) =>
    patch(nameOf("Ramp"), { message: `update ${update}` }),
  );
  await list
    .getByText(`update ${updates - 1}`)
    .first()
    .waitFor();
  return {
    updateMs: Math.round((busy - idle) / updates),
    pageMs: Math.round(((await taskMs(session)) - pageBefore) / updates),
    residentMiB: Math.round(statusOf(pid, "VmHWM") / 1024),
  };
}

/** What the page's main thread has run for, ticks included. */
async function taskMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.POSITIVE_INFINITY);
}

async function cpuMs(pid: number, forMs: number, act: (step: number) => Promise<void>): Promise<number> {
  const before = ticksOf(pid);
  for (let step = 0; step < updates; step += 1) {
    await act(step);
    await new Promise((resolve) => setTimeout(resolve, forMs / updates));
  }
  return (ticksOf(pid) - before) * 10;
}

/** User and system time, in hundredths of a second. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

function statusOf(pid: number, name: string): number {
  const line = readFileSync(`/proc/${pid}/status`, "utf8")
    .split("\n")
    .find((one) => one.startsWith(`${name}:`));
  return Number(/\d+/.exec(line ?? "")?.[0]);
}
