// The administrator's file of sources: names, addresses, and files with what proves who asks and who answers.
import { z } from "zod";
import { parseSettings } from "#settings-file.ts";

const file = z.string().startsWith("/", "expected an absolute path").max(4096);
const place = {
  url: z
    .url({ protocol: /^https?$/, error: "expected an http or https address" })
    .max(2048)
    // What is secret in an address would stand in this file's errors and in proxies' logs.
    .refine((url) => isPlain(url), "expected an address without user, query or fragment; use tokenFile"),
  /** File with a bearer token; read at each use. */
  tokenFile: file.optional(),
  /** File with the certificate authorities to trust instead of the usual ones; read at each use. */
  caFile: file.optional(),
};

const alertmanagerSchema = z.strictObject(place);

const word = z.string().min(1).max(1024);
/** A rule by what only whoever configures the Prometheus decides; as `/api/v1/rules` tells it. */
const pinnedRuleSchema = z.strictObject({ alert: word, group: word, file: word });
export type PinnedRule = z.infer<typeof pinnedRuleSchema>;

const sourceSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "expected a name of small letters, digits and dashes"),
  ...place,
  /** Alertmanagers that this Prometheus sends to: one of them has to hold the canary. */
  alertmanagers: z.array(alertmanagerSchema).min(1).max(4).optional(),
  /** Of an alert named here only the firings of these rules count; firings of another alert only hold. */
  pinnedRules: z.array(pinnedRuleSchema).min(1).max(16).optional(),
});
export type SourceConfig = z.infer<typeof sourceSchema>;
export type PlaceConfig = z.infer<typeof alertmanagerSchema>;

const fileSchema = z
  .strictObject({ prometheus: z.array(sourceSchema).max(16) })
  .refine(
    ({ prometheus }) => new Set(prometheus.map(({ name }) => name)).size === prometheus.length,
    "expected every name once",
  );

/** Sources of a YAML document. Throws ROP_SETTINGS_INVALID with every fault's path; never quotes an address. */
export function parseSources(text: string): readonly SourceConfig[] {
  return parseSettings(text, "prometheus file", fileSchema).prometheus;
}

function isPlain(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password, search, hash } = new URL(url);
  return [username, password, search, hash].every((part) => part === "");
}
