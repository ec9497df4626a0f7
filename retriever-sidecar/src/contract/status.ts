// The answer of `GET /v1/status?windows=…&bins=…`. No secret, no query text.
// A reader leaves keys out that it doesn't know: sidecars of several versions answer side by side.
import { z } from "zod";
import { evidenceSchema } from "./evidence.ts";
import { epochSchema, storeNameSchema } from "./overlay.ts";

/** Bounds of `config.ignoredKeys`. */
export const maxIgnoredKeys = 20;
export const maxKeyChars = 200;
const maxRemarks = 10;
const maxRemarkChars = 500;

const digestSchema = z
  .string()
  .max(32)
  .regex(/^[0-9a-f]{32}$/);

export const identitySchema = z.object({
  kind: z.string().min(1).max(40),
  label: z.string().max(600),
  digest: digestSchema,
  /** Without column or vector name; absent from what a version wrote that knew neither. */
  placeDigest: digestSchema.optional(),
});

/** Name, UID or the like: no longer than what the migration's status can hold of it. */
const shortName = z.string().max(253);
const instant = z.string().max(64);
const faultSchema = z.object({ code: shortName, message: z.string().max(2000), at: instant });
/** Sums of them over pods stay numbers. */
const most = 1e15;
const size = z.number().min(0).max(most);

/** One store as this pod sees it. Unknown (null) until the first probe ended. */
const storeStatusSchema = z.object({
  store: storeNameSchema,
  role: z.enum(["primary", "shadow", "none"]),
  identity: identitySchema,
  reachable: z.boolean().nullable(),
  /** Null: not known. "off": plain text. */
  tls: z.enum(["verified", "off", "failed"]).nullable(),
  authenticated: z.boolean().nullable(),
  /** Whether the collection or table is there. */
  exists: z.boolean().nullable(),
  dimension: z.int().min(0).max(1_000_000).nullable(),
  count: size.nullable(),
  newestUpdatedAt: instant.nullable(),
  /** Vectors in the index (Qdrant); null where the store doesn't report it. */
  indexedVectors: size.nullable(),
  /** What makes searches slow or leaves chunks out; absent: nothing known. */
  remarks: z.array(z.string().max(maxRemarkChars)).max(maxRemarks).optional(),
  /** Declared fields by which the store can't be filtered, each a sentence; absent: the base declares none, or not known. */
  filterFaults: z.array(z.string().max(maxRemarkChars)).max(64).optional(),
  /** Age of the last finished probe, whatever it found. */
  probeAgeSeconds: size.nullable(),
  /** Age of the last answer, of a probe or a request. */
  lastOkAgeSeconds: size.nullable(),
  lastError: faultSchema.nullable(),
});
/** As many and as long as a status holds. */
export function boundedRemarks(remarks: readonly string[]): string[] {
  return remarks.slice(0, maxRemarks).map((remark) => remark.slice(0, maxRemarkChars));
}
export type StoreStatus = z.infer<typeof storeStatusSchema>;

export const sidecarStatusSchema = z.object({
  schema: z.literal(1),
  podUid: shortName,
  podName: shortName,
  /** New with every start of the process. */
  startId: shortName,
  version: shortName,
  readableOverlaySchemas: z.array(z.int()).min(1).max(20),
  /** The base's primary now. Null while the base can't be read. */
  base: identitySchema.nullable(),
  config: z.object({
    /** 0: the base alone is in force. */
    epoch: epochSchema,
    /** SHA-256 of the overlay text in force; null at epoch 0. */
    hash: z.string().max(64).nullable(),
    migrationUid: z.string().max(64).nullable(),
    primary: storeNameSchema,
    /** Identity of the store that answers requests now. */
    primaryIdentity: identitySchema,
    shadow: z.enum(["source", "destination", "none"]),
    sampleRate: z.number().min(0).max(1),
    /** The share that is sampled at present; null: not told, so `sampleRate` holds. */
    effectiveSampleRate: z.number().min(0).max(1).nullable().default(null),
    released: z.boolean(),
    /** Epoch of an overlay that was first read after its `activationDeadline`: it is not followed. Absent: none. */
    fenced: epochSchema.min(1).optional(),
    /** Keys of the overlay in force that this version doesn't know and leaves out, dotted; the first ones. */
    ignoredKeys: z.array(z.string().max(maxKeyChars)).max(maxIgnoredKeys).default([]),
    /** `vanished`: the file is gone without having been released; the last one stays in force. */
    overlay: z.enum(["absent", "in-force", "vanished"]),
    /** The base names another store than the overlay's pinned source. */
    sourceChanged: z.boolean(),
  }),
  /** The newest document that was refused; cleared by the next accepted one. */
  configFault: faultSchema.nullable(),
  /** Each store once: a pod is one voice. */
  stores: z
    .array(storeStatusSchema)
    .max(2)
    .refine((stores) => new Set(stores.map(({ store }) => store)).size === stores.length, "expected each store once"),
  /** Exact searches that measure recall; absent unless the overlay asks for them. `reason`: why not, or what it waits for. */
  recall: z
    .object({ state: z.enum(["measuring", "stopped", "off"]), reason: z.string().max(300).nullable() })
    .optional(),
  /**
   * What a few chunks of both stores hold of what the base's `select` permits, while the source serves: counts alone. Absent:
   * no overlay, nothing selected, or a sidecar that doesn't compare. `reason`: why nothing was compared.
   */
  content: z
    .object({
      state: z.enum(["waiting", "compared", "failed"]),
      chunks: size,
      missing: size,
      different: size,
      reason: z.string().max(300).nullable(),
    })
    .optional(),
  evidence: evidenceSchema,
});
export type ContentStatus = NonNullable<SidecarStatus["content"]>;
export type RecallStatus = NonNullable<SidecarStatus["recall"]>;
export type SidecarStatus = z.infer<typeof sidecarStatusSchema>;
