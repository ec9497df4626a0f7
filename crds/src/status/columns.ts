// What `kubectl get` prints of a status.
import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";

export const columnsSchema = z
  .strictObject({
    stage: z.string().max(16).optional().meta(doc("Stage of the ramp, from 1, and how many there are.", "3/3")),
    guard: z.string().max(40).optional().meta(doc("Watched time of the guard, and all of it.", "1h/24h")),
  })
  .describe("What `kubectl get` prints, for people; programs read `stage` and `guard`.");
