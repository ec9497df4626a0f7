// The administrator's file of sinks: names, addresses, and files with their secrets.
import { incidentKinds, outboxKinds } from "@retriever/crds/status/outbox-status.ts";
import { z } from "zod";
import { parseSettings } from "#settings-file.ts";
import { templateFault, templateFields } from "./templates.ts";

const template = z
  .string()
  .max(4096)
  .superRefine((text, context) => {
    const fault = templateFault(text);
    if (fault !== undefined)
      context.addIssue({ code: "custom", message: `${fault}; expected Liquid with ${templateFields}` });
  });

const common = {
  name: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "expected a name of small letters, digits and dashes"),
  /** Which messages it takes; each kind of sink has its own default. */
  kinds: z.array(z.enum(outboxKinds)).min(1).optional(),
  /** Whether it gets ids of chunks and names of tenants. */
  details: z.boolean().optional(),
  /** Words of one's own, in Liquid. */
  template: z.strictObject({ title: template.optional(), text: template.optional() }).optional(),
};
const url = z.url({ protocol: /^https?$/ }).max(2048);
const file = z.string().startsWith("/").max(4096);
const chat = { ...common, url };
/** Who calls people is told of incidents alone, and always of their end. */
const callers = { ...common, kinds: z.array(z.enum(incidentKinds)).min(1).optional() };

const sinkSchema = z.discriminatedUnion("kind", [
  /** `secretFile`: the key of the signatures. */
  z.strictObject({
    ...common,
    kind: z.literal("webhook"),
    url,
    secretFile: file.optional(),
    format: z.enum(["CloudEvents", "Plain"]).optional(),
  }),
  z.strictObject({ ...chat, kind: z.literal("slack"), secretFile: file.optional() }),
  z.strictObject({ ...chat, kind: z.literal("teams") }),
  /** `secretFile`: the routing key of an Events API v2 integration. */
  z.strictObject({
    ...callers,
    kind: z.literal("pagerduty"),
    url: url.default("https://events.pagerduty.com/v2/enqueue"),
    secretFile: file,
  }),
  /** The address without `/api/…`; `secretFile`: a bearer token. */
  z.strictObject({ ...callers, url, kind: z.literal("alertmanager"), secretFile: file.optional() }),
  z.strictObject({
    ...chat,
    kind: z.literal("grafana"),
    secretFile: file,
    dashboardUid: z.string().max(40).optional(),
  }),
  /** `secretFile`: the password of `user`. */
  z.strictObject({
    ...common,
    kind: z.literal("email"),
    host: z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, "expected a host name or an address"),
    port: z.int().min(1).max(65_535).default(587),
    tls: z.enum(["StartTls", "Implicit", "None"]).default("StartTls"),
    user: z.string().max(320).optional(),
    secretFile: file.optional(),
    from: z.email().max(320),
    to: z.array(z.email().max(320)).min(1).max(20),
  }),
]);
/** With the cluster's name, where the file has one. */
export type SinkConfig = z.infer<typeof sinkSchema> & { readonly cluster?: string | undefined };
export type SinkOf<Kind extends SinkConfig["kind"]> = Extract<SinkConfig, { readonly kind: Kind }>;

const fileSchema = z
  .strictObject({
    /** Named in every message: a receiver of several clusters can't tell by namespace and name whose it is. */
    cluster: z
      .string()
      .regex(/^[A-Za-z0-9][-A-Za-z0-9._:/@]{0,62}$/, "expected a name of at most 63 characters without spaces")
      .optional(),
    sinks: z.array(sinkSchema).max(16),
  })
  .refine(({ sinks }) => new Set(sinks.map(({ name }) => name)).size === sinks.length, "expected every name once");

/** Sinks of a YAML document. Throws ROP_SETTINGS_INVALID with every fault's path; never quotes an address. */
export function parseSinks(text: string): readonly SinkConfig[] {
  const { cluster, sinks } = parseSettings(text, "sinks file", fileSchema);
  return cluster === undefined ? sinks : sinks.map((sink) => ({ ...sink, cluster }));
}
