// The overlay: the migration as the sidecars see it. Written by the operator alone, read by every sidecar.

import { type KindSchemas, overlayAdapterSchemaOf, storeKinds } from "@retriever/stores/kinds.ts";
import { z } from "zod";

/** File name of the overlay inside the config directory, and its key in the ConfigMap. */
export const overlayFileName = "migration.json";
/** Overlay schemas this version writes and reads, newest last. */
export const overlaySchemas = [1] as const;

export const storeNameSchema = z.enum(["source", "destination"]);
export type StoreName = z.infer<typeof storeNameSchema>;

/** Schema of an overlay whose destination is of one of `kinds`. */
export function makeOverlaySchema<Kind extends KindSchemas>(kinds: readonly Kind[]) {
  return z
    .strictObject({
      schema: z.literal(1),
      revision: z.strictObject({
        /** Rises with every change; never falls. */
        epoch: z.int().min(1),
        migrationUid: z.string().min(1).max(64),
        /** Hash of the accepted plan. */
        plan: z.string().min(1).max(64),
      }),
      /** The base's primary at acceptance, by identity digest: its configuration is copied nowhere. */
      source: z.strictObject({ digest: z.string().regex(/^[0-9a-f]{32}$/) }),
      destination: overlayAdapterSchemaOf(kinds),
      primary: storeNameSchema,
      shadow: z.enum(["source", "destination", "none"]),
      sampleRate: z.number().min(0).max(1),
      /** A sample is bad beyond these; the sidecars count, the operator judges. */
      thresholds: z.strictObject({
        scoreDelta: z.number().gt(0).max(1),
        latencyDeltaMs: z.number().gt(0).max(60_000),
      }),
      /** True: the base may take over again; only then is a vanished overlay honoured. */
      released: z.boolean(),
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

export type Overlay = z.infer<typeof overlaySchema>;
