// Fields that several kinds of store share.
import { z } from "zod";

export const tlsSchema = z.strictObject({
  /** PEM file of the authority that signed the store's certificate; the system's authorities when absent. */
  caFile: z.string().startsWith("/").max(160).optional(),
});

/** Longest wait for a store's answer, in ms. */
export const timeoutMsSchema = z.int().min(10).max(60_000).default(5000);
