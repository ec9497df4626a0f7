// Making a destination worse on purpose, and well again: what the guard has to notice.
// The stand-in is told so over its admin port; an external Qdrant is degraded by a proxy before it and by deleting points.
import { Pool } from "undici";
import { z } from "zod";
import type { DegradingProxy } from "./degrading-proxy.ts";
import { pathOf, type QdrantAddress, upsert, withQdrant } from "./qdrant-rest.ts";
import type { FaultChanges } from "./qdrant-standin/admin.ts";

export type Degrade = {
  /** Searches no longer find every second point of the collection. */
  readonly loseHalf: (collection: string) => Promise<void>;
  /** Adds to the time of every answer. */
  readonly slow: (latencyMs: number) => Promise<void>;
  /** Every answer is an error (500). */
  readonly fail: () => Promise<void>;
  /** Requests are taken and never answered. */
  readonly hang: () => Promise<void>;
  /** Connections are refused: the store is down. */
  readonly refuse: () => Promise<void>;
  /** Takes back everything, lost points included. */
  readonly restore: () => Promise<void>;
};

/** Degrades a stand-in through its admin port. */
export function degradeStandIn(admin: string): Degrade {
  const change = async (method: "PATCH" | "DELETE", changes?: FaultChanges) => {
    const pool = new Pool(admin, { connections: 1, headersTimeout: 5000 });
    try {
      const body = changes === undefined ? null : JSON.stringify(changes);
      const { statusCode, body: answer } = await pool.request({ method, path: "/faults", body });
      const text = await answer.text();
      if (statusCode !== 200) throw new Error(`the stand-in's admin port answered ${statusCode}: ${text}`);
    } finally {
      await pool.close();
    }
  };
  return {
    loseHalf: () => change("PATCH", { dropHalf: true }),
    slow: (latencyMs) => change("PATCH", { latencyMs }),
    fail: () => change("PATCH", { errors: true }),
    hang: () => change("PATCH", { hang: true }),
    refuse: () => change("PATCH", { refuse: true }),
    restore: () => change("DELETE"),
  };
}

const pageSchema = z.object({
  points: z.array(z.object({ id: z.union([z.string(), z.number()]), payload: z.unknown(), vector: z.unknown() })),
  next_page_offset: z.union([z.string(), z.number()]).nullable(),
});
type StoredPoint = z.infer<typeof pageSchema>["points"][number];

const pageSize = 500;

/** Degrades an external Qdrant. The points that it loses are kept here until `restore`. */
export function degradeExternal(address: QdrantAddress, proxy: DegradingProxy): Degrade {
  const lost = new Map<string, readonly StoredPoint[]>();
  return {
    loseHalf: async (collection) => {
      if (!lost.has(collection)) lost.set(collection, await deleteEverySecond(address, collection));
    },
    slow: async (latencyMs) => proxy.set({ latencyMs }),
    fail: async () => proxy.set({ errors: true }),
    hang: async () => proxy.set({ hang: true }),
    refuse: async () => proxy.set({ refuse: true }),
    restore: async () => {
      proxy.set({ latencyMs: 0, errors: false, hang: false, refuse: false });
      for (const [collection, points] of lost) await putBack(address, collection, points);
      lost.clear();
    },
  };
}

async function deleteEverySecond(address: QdrantAddress, collection: string): Promise<readonly StoredPoint[]> {
  return withQdrant(address, async (call) => {
    const points: StoredPoint[] = [];
    for (let offset: string | number | null = null, first = true; first || offset !== null; first = false) {
      const body = { limit: pageSize, with_payload: true, with_vector: true, ...(offset === null ? {} : { offset }) };
      const page = pageSchema.parse(await call({ method: "POST", path: pathOf(collection, "/points/scroll"), body }));
      points.push(...page.points);
      offset = page.next_page_offset;
    }
    const chosen = points.filter((_, index) => index % 2 === 1);
    const ids = chosen.map(({ id }) => id);
    await call({ method: "POST", path: pathOf(collection, "/points/delete?wait=true"), body: { points: ids } });
    return chosen;
  });
}

async function putBack(address: QdrantAddress, collection: string, points: readonly StoredPoint[]): Promise<void> {
  return withQdrant(address, async (call) => {
    for (let start = 0; start < points.length; start += pageSize) {
      await upsert(call, collection, points.slice(start, start + pageSize));
    }
  });
}
