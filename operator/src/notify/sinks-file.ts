// The administrator's file of sinks: names, addresses, and files with the keys of their signatures.
import { z } from "zod";
import { parseSettings } from "#settings-file.ts";

const sinkSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "expected a name of small letters, digits and dashes"),
  kind: z.enum(["webhook", "slack"]),
  url: z.url({ protocol: /^https?$/ }).max(2048),
  /** File with the key of the HMAC-SHA256 over the body. */
  secretFile: z.string().startsWith("/").max(4096).optional(),
});
export type SinkConfig = z.infer<typeof sinkSchema>;

const fileSchema = z
  .strictObject({ sinks: z.array(sinkSchema).max(16) })
  .refine(({ sinks }) => new Set(sinks.map(({ name }) => name)).size === sinks.length, "expected every name once");

/** Sinks of a YAML document. Throws ROP_SETTINGS_INVALID with every fault's path; never quotes an address. */
export function parseSinks(text: string): readonly SinkConfig[] {
  return parseSettings(text, "sinks file", fileSchema).sinks;
}
