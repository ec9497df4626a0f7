// The operator's settings: flags over environment over defaults, parsed once, every fault named at once.
import { z } from "zod";
import { OperatorError } from "#errors.ts";

const label = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, "expected a name of lower-case letters, digits, - and .");
const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]*):\d{1,5}$/, "expected host:port, e.g. 0.0.0.0:8080");
const truth = z.enum(["true", "false"], "expected true or false").transform((word) => word === "true");
const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, `expected a whole number from ${least} to ${most}`)
    .transform(Number)
    .pipe(z.number().min(least, `expected at least ${least}`).max(most, `expected at most ${most}`));
const list = z
  .string()
  .transform((text) =>
    text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== ""),
  )
  .pipe(z.array(label).max(200));

const file = z.string().max(4096).default("");

/** A setting without a variable of its own takes RETRIEVER_ and its name. */
type Row = { readonly env?: string; readonly about: string; readonly schema: z.ZodType };

const rows = {
  namespaces: { about: "namespaces to watch, by commas; empty: all", schema: list.default([]) },
  podNamespace: { env: "POD_NAMESPACE", about: "namespace of the lease", schema: label.default("default") },
  podName: {
    env: "POD_NAME",
    about: "name of this replica; it holds the lease",
    schema: z.string().max(253).default(""),
  },
  listen: { about: "address of /healthz, /readyz, /metrics", schema: address.default("0.0.0.0:8080") },
  kubeconfig: { about: "kubeconfig file; empty: KUBECONFIG, then the pod's account", schema: z.string().default("") },
  leaderElection: { about: "whether several replicas share a lease", schema: truth.default(true) },
  leaseMs: {
    about: "how long a leader that fell silent is waited for",
    schema: whole(1000, 120_000).default(15_000),
  },
  leaseName: { about: "name of the lease", schema: label.default("retriever-operator") },
  apiDeadlineMs: { about: "deadline of one API call", schema: whole(100, 60_000).default(10_000) },
  sidecarDeadlineMs: { about: "deadline of one sidecar call", schema: whole(50, 30_000).default(2000) },
  sidecarCaFile: {
    about: "file with the authorities of certificates in pods; empty: those that Node knows",
    schema: file,
  },
  sidecarClientTls: {
    about: "folder with tls.crt and tls.key that are shown to pods, which then prove themselves by tokens; empty: none",
    schema: file,
  },
  resyncMs: { about: "how often everything is listed", schema: whole(100, 600_000).default(60_000) },
  concurrency: {
    about: "migrations reconciled at the same time, one fewer of one namespace",
    schema: whole(1, 64).default(4),
  },
  logLevel: {
    about: "least level that is logged",
    schema: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
  },
  actIdentity: {
    about: "proved: approvals count once the admission policy retriever-act-identity is in force; trusted: without it",
    schema: z.enum(["proved", "trusted"]).default("proved"),
  },
  migrationPolicies: {
    about: "required: nothing starts while RetrieverMigrationPolicies may not be listed; optional: then there are none",
    schema: z.enum(["required", "optional"]).default("optional"),
  },
  policies: {
    about: "admission policies that must be in force, by commas; it tells of those that aren't; empty: none",
    schema: list.default([]),
  },
  sinks: { about: "YAML file with the sinks that migrations may name; empty: none", schema: file },
  prometheus: { about: "YAML file with the Prometheus servers that migrations may name; empty: none", schema: file },
  webhookListen: {
    about: "address of the Alertmanager webhook /v1/alerts; empty: none",
    schema: z.union([z.literal(""), address]).default(""),
  },
  webhookTokenFile: { about: "file with the bearer token that Alertmanager sends", schema: file },
  evidenceLog: {
    about:
      "true: evidence is also written to the standard error, which has nothing else; logs are on the standard output",
    schema: truth.default(false),
  },
} as const satisfies Readonly<Record<string, Row>>;

type Rows = typeof rows;
export type Settings = { readonly [Name in keyof Rows]: z.output<Rows[Name]["schema"]> };

/** Flag of a setting: `podNamespace` is `--pod-namespace`. */
function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function variableOf(name: string, { env }: Row): string {
  return env ?? `RETRIEVER_${flagOf(name).replaceAll("-", "_").toUpperCase()}`;
}

/** One line per setting, for `--help`. */
export function describeSettings(): string {
  return Object.entries(rows)
    .map(([name, row]) => `  --${flagOf(name)} VALUE`.padEnd(32) + `${row.about} (${variableOf(name, row)})`)
    .join("\n");
}

/** Names of all flags, without dashes. */
export function settingFlags(): string[] {
  return Object.keys(rows).map(flagOf);
}

/** Flags by name; `true` is one without a value. */
type Flags = Readonly<Record<string, string | boolean | undefined | readonly (string | boolean)[]>>;

/**
 * Settings from flags (by flag name) over environment variables over defaults.
 * Throws ROP_SETTINGS_INVALID listing every fault with the setting's flag and variable.
 */
export function parseSettings(flags: Flags, env: Readonly<Record<string, string | undefined>>): Settings {
  const faults: string[] = [];
  const known = new Set(settingFlags());
  for (const flag of Object.keys(flags)) if (!known.has(flag)) faults.push(`--${flag}: unknown setting`);
  const parsed = Object.entries(rows).map(([name, row]) => {
    const variable = variableOf(name, row);
    const given = flags[flagOf(name)] ?? env[variable];
    const result = row.schema.safeParse(given);
    if (!result.success) {
      for (const issue of result.error.issues)
        faults.push(`--${flagOf(name)} (${variable}): ${issue.message}, got ${JSON.stringify(given)}`);
    }
    return [name, result.data] as const;
  });
  const settings = Object.freeze(Object.fromEntries(parsed)) as Settings;
  if (faults.length === 0 && settings.webhookListen !== "" && settings.webhookTokenFile === "")
    faults.push(
      "--webhook-token-file (RETRIEVER_WEBHOOK_TOKEN_FILE): expected a file beside --webhook-listen, got none",
    );
  if (faults.length > 0) throw new OperatorError("ROP_SETTINGS_INVALID", faults.join("; "), { details: { faults } });
  return settings;
}
