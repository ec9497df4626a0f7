// The overlay: the migration as the sidecars see it. Written by the operator alone, read by every sidecar.

import { isCalled, type StoreIdentity } from "@retriever/stores/config/identity.ts";
import { type KindSchemas, overlayAdapterSchemaOf, storeKinds } from "@retriever/stores/kinds.ts";
import { z } from "zod";

/** File name of the overlay inside the config directory, and its key in the ConfigMap. */
export const overlayFileName = "migration.json";
/** Far more than any overlay; a longer text is refused before it is parsed. */
export const maxOverlayChars = 65_536;
/** Overlay schemas this version writes and reads, newest last. */
export const overlaySchemas = [1] as const;

/** An epoch rises by one or two a step, so no migration comes near it; whoever claims more has made it up. */
export const mostEpochs = 2_000_000_000;
/** Number of an overlay; 0: the base alone. */
export const epochSchema = z.int().min(0).max(mostEpochs);

export const storeNameSchema = z.enum(["source", "destination"]);
export type StoreName = z.infer<typeof storeNameSchema>;

const digestSchema = z.string().regex(/^[0-9a-f]{32}$/);
const pinSchema = z.strictObject({
  /** Without the vector, by which sidecars of every version know the store. */
  digest: digestSchema,
  /** The identity's own digest. Absent: accepted by a version that knew no vectors, so any of the place is meant. */
  storeDigest: digestSchema.optional(),
});

const revisionSchema = z.strictObject({
  /** Rises with every change; only a rollback may come with a lower one. */
  epoch: epochSchema.min(1),
  migrationUid: z
    .string()
    .min(1)
    .max(64)
    .regex(/^\P{Cc}*$/u),
  /** Hash of the accepted plan. */
  plan: z
    .string()
    .min(1)
    .max(64)
    .regex(/^\P{Cc}*$/u),
});

/** Schema of an overlay whose destination is of one of `kinds`. */
export function makeOverlaySchema<Kind extends KindSchemas>(kinds: readonly Kind[]) {
  return z
    .strictObject({
      schema: z.literal(1),
      revision: revisionSchema,
      /** The base's primary at acceptance, by identity digest: its configuration is copied nowhere. */
      source: pinSchema,
      destination: overlayAdapterSchemaOf(kinds),
      primary: storeNameSchema,
      shadow: z.enum(["source", "destination", "none"]),
      sampleRate: z.number().min(0).max(1),
      /** A sample is bad beyond these; the sidecars count, the operator judges. */
      thresholds: z.strictObject({
        scoreDelta: z.number().gt(0).max(1),
        latencyDeltaMs: z.number().gt(0).max(60_000),
        /** Constant loss of similarity that is normal here (quantisation): a score counts as lower only beyond it. 0 when left out. */
        scoreOffset: z.number().gt(0).max(1).optional(),
      }),
      /**
       * Present: a pod adapts its share of samples by itself between `sampleRate` and `maxRate`, so that it asks the shadow
       * at most `maxQueriesPerSecond` times a second wherever that is above `sampleRate`. Absent: `sampleRate`, whatever the traffic.
       */
      sampling: z
        .strictObject({ maxRate: z.number().gt(0).max(1), maxQueriesPerSecond: z.number().gt(0).max(10_000) })
        .optional(),
      /** Present: for some of the samples both stores are searched exactly as well, at most so often a second and pod. */
      recall: z.strictObject({ maxQueriesPerSecond: z.number().gt(0).max(10) }).optional(),
      /**
       * Until when a running pod may bring its requests to the destination because of this overlay. Whoever reads it later
       * keeps what it serves (see follow-overlay.ts); absent: whenever it is read.
       */
      activationDeadline: z.iso.datetime().optional(),
      /** True: the base may take over again; only then is a vanished overlay honoured. */
      released: z.boolean(),
      /** Present: the migration was taken back. Followed whatever epoch is in force: one that somebody made up must not stop it. */
      rollback: z.literal(true).optional(),
    })
    .refine(({ rollback, primary, shadow }) => rollback !== true || (primary === "source" && shadow === "none"), {
      path: ["rollback"],
      message: "expected the source alone to serve after a rollback",
    })
    .refine((overlay) => overlay.shadow !== overlay.primary, {
      path: ["shadow"],
      message: "expected another store than the primary",
    })
    .refine((overlay) => overlay.shadow !== "none" || overlay.sampleRate === 0, {
      path: ["sampleRate"],
      message: "expected 0 because shadow is none",
    });
}

export const overlaySchema = makeOverlaySchema(storeKinds);

/**
 * Stands in a rolled-back overlay once nothing of the destination is needed any more: sidecars of earlier versions demand
 * an adapter there. The name resolves nowhere (RFC 6761), and they open no host that their pod doesn't allow.
 */
export const noDestination = { kind: "qdrant", url: "https://destination.invalid", collection: "none" } as const;

/** Whether an overlay names a destination at all. */
export function namesDestination({ destination }: { readonly destination: { readonly kind: string } }): boolean {
  return !("url" in destination && destination.url === noDestination.url);
}

export type Overlay = z.infer<typeof overlaySchema>;

/** Whether a store is the one that an overlay pins as its source. */
export function isPinned(identity: StoreIdentity, { digest, storeDigest }: Overlay["source"]): boolean {
  return storeDigest === undefined ? isCalled(identity, digest) : identity.digest === storeDigest;
}
