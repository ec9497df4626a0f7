// What the sidecar keeps: resident memory under many large requests, and what is left after collection as requests go by.
import { startSidecar } from "#support/sidecar/start-sidecar.ts";
import { keptMib, memoryProbe, mib, readMemory, readRssMib } from "../report/memory.ts";
import type { Load } from "./load.ts";
import { qdrantBase, type Stores, serverCore } from "./subjects.ts";

export type Memory = {
  readonly peakRssMib: number;
  /** Heap + external after collection. */
  readonly growthMib: number;
  readonly rssGrowthMib: number;
  readonly fromRequest: number;
  readonly toRequest: number;
};
type Options = { readonly stores: Stores; readonly load: Load; readonly span: number };

const concurrent = 100;
const peakRequests = 5000;
const deadlineMs = 300_000;

/** Measures both at 5 % sampling. `span` requests warm up, as many again are held against them. */
export async function measureMemory({ stores, load, span }: Options): Promise<Memory> {
  const peakRssMib = await measurePeak(stores, load, Math.min(peakRequests, span));
  const growth = await measureGrowth(stores, load, span);
  return { peakRssMib, ...growth, fromRequest: span, toRequest: 2 * span };
}

async function measurePeak({ url, shadowUrl }: Stores, load: Load, requests: number): Promise<number> {
  const sidecar = await startSidecar({
    base: qdrantBase(url, "c1536", { url: shadowUrl, sampleRate: 0.05 }),
    core: serverCore,
  });
  try {
    const shot = { url: `${sidecar.appUrl}/v1/retrieve`, body: "json-1536", connections: concurrent } as const;
    await fireAll(load, { ...shot, requests });
    return readRssMib(sidecar.process.pid, "VmHWM");
  } finally {
    await sidecar.stop();
  }
}

async function measureGrowth({ url, shadowUrl }: Stores, load: Load, span: number) {
  const sidecar = await startSidecar({
    base: qdrantBase(url, "c768", { url: shadowUrl, sampleRate: 0.05 }),
    core: serverCore,
    ...memoryProbe,
  });
  try {
    const shot = { url: `${sidecar.appUrl}/v1/retrieve`, body: "json-768", connections: 16, requests: span } as const;
    await fireAll(load, shot);
    const before = await readMemory(sidecar.process);
    await fireAll(load, shot);
    const after = await readMemory(sidecar.process);
    return { growthMib: keptMib(after) - keptMib(before), rssGrowthMib: (after.rss - before.rss) / mib };
  } finally {
    await sidecar.stop();
  }
}

type Fired = Omit<Parameters<Load["fire"]>[0], "deadlineMs">;

async function fireAll(load: Load, shot: Fired): Promise<void> {
  const { completed } = await load.fire({ ...shot, deadlineMs });
  if (completed < shot.requests) throw new Error(`only ${completed} of ${shot.requests} requests were answered`);
}
