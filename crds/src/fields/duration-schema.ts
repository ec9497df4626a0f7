// The schema of a duration: apart from its notation, which is read where no schema is loaded.
import { z } from "zod";
import { durationPattern } from "./duration.ts";

export const durationSchema = z
  .string()
  .max(32)
  .regex(durationPattern, 'expected a duration such as "30s", "10m" or "1h30m"');
