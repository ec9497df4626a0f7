// The base: the configuration of the retrieval service itself, owned by its team or by Git.

import { filterableSchema } from "@retriever/stores/config/filterable.ts";
import { normalizationSchema } from "@retriever/stores/config/normalization.ts";
import { baseAdapterSchemaOf, type KindSchemas, storeKinds } from "@retriever/stores/kinds.ts";
import { z } from "zod";
import { storeNameSchema } from "./overlay.ts";

/** File names a base may have inside the config directory. */
export const baseFileNames = ["retriever.json", "retriever.yaml", "retriever.yml"] as const;

/** Some requests are answered again without any index, to measure the recall of both stores' answers. */
const exactSearchSchema = z.strictObject({
  sampleRate: z.number().min(0).max(1),
  /** The store that is searched exactly. */
  store: storeNameSchema,
});

/** Schema of a base whose stores are of `kinds`. */
export function makeBaseConfigSchema<Kind extends KindSchemas>(kinds: readonly Kind[]) {
  const adapter = baseAdapterSchemaOf(kinds);
  return z.strictObject({
    primary: adapter,
    dualRead: z
      .strictObject({
        enabled: z.boolean().default(false),
        sampleRate: z.number().min(0).max(1).default(0),
        shadow: adapter.optional(),
      })
      .refine((dualRead) => !dualRead.enabled || dualRead.shadow !== undefined, {
        path: ["shadow"],
        message: "expected a shadow adapter because dualRead.enabled is true",
      })
      .default({ enabled: false, sampleRate: 0 }),
    normalization: normalizationSchema.default({ strategy: "auto", targetRange: [0, 1] }),
    exactSearch: exactSearchSchema.optional(),
    /** What requests may filter by, docs/filters.md. Absent: nothing is checked, and `filters` is the only filter. */
    filterable: filterableSchema.optional(),
    /** What requests may include of a chunk's content: text, and logical names of metadata. Nothing when absent. */
    select: z
      .array(
        z
          .string()
          .max(63)
          .regex(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/, "expected text, or the name of a field"),
      )
      .max(33)
      .optional(),
  });
}

export const baseConfigSchema = makeBaseConfigSchema(storeKinds);
export type ExactSearchSetting = z.infer<typeof exactSearchSchema>;
