// What `sync` says of itself at `GET /v1/sync`: how far the destination is behind the source, and what keeps it there.
import { z } from "zod";
import { identitySchema } from "./status.ts";

/** Refused chunks that are listed, within 64 KiB of an answer; beyond them they are counted. */
export const mostRefusedListed = 100;

const count = z.int().min(0);
const seconds = z.number().min(0);

/** Where leave to remove is given and taken back (`removals=allow`, `removals=hold`); it counts for a minute. */
export const removalsPath = "/v1/sync/removals";

/** Readers ignore keys that they don't know. */
export const syncStatusSchema = z.object({
  schema: z.literal(1),
  version: z.string().max(60),
  source: identitySchema,
  destination: identitySchema,
  startedAt: z.string().max(40),
  /** starting: the source hasn't been read through yet. */
  state: z.enum(["starting", "following"]),
  /**
   * What the source held so long ago is in the destination, but for refused chunks and transactions that committed later
   * than `--lag`. Measured by the process's own clock, and grows while a store fails. Null: not known yet.
   */
  lagSeconds: seconds.nullable(),
  /** Chunks that are known to be due and aren't written yet; refused ones apart. */
  backlog: count,
  refused: z.object({
    count,
    chunks: z.array(z.object({ id: z.string().max(2048), reason: z.string().max(500) })).max(mostRefusedListed),
  }),
  /** `missed`: chunks that only a full verification found. `removed`: by full verifications. */
  done: z.object({ passes: count, written: count, replaced: count, missed: count, removed: count }),
  /**
   * Whether a verification may remove now what only the destination has. never: nobody asked for it. free: without anybody's
   * leave. allowed: with a leave that counts, or what was begun by one goes on. held: before the next leave
   * only what the source was seen to hold as the destination does.
   */
  removals: z.enum(["never", "free", "allowed", "held"]),
  /** The last full verification that came to an end. `left`: differences after its repair; `ageSeconds`: since it began. */
  verified: z
    .object({
      ageSeconds: seconds,
      finishedAt: z.string().max(40),
      left: count,
      written: count,
      removed: count,
    })
    .nullable(),
  /** What fails now. */
  fault: z.object({ code: z.string().max(60), message: z.string().max(1000) }).nullable(),
});
export type SyncStatus = z.infer<typeof syncStatusSchema>;
