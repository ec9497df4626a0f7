// Settings of the process from flags and variables: parsed once, every fault listed.

import { RetrieverError } from "@retriever/stores/errors.ts";
import { z } from "zod";
import { type AllowedHost, parseAllowedHosts } from "#contract/allowed-hosts.ts";
import type { Environment } from "./credentials.ts";
import { parseTls, type TlsSettings } from "./tls-settings.ts";

type Address = { readonly host: string; readonly port: number };
export type Settings = {
  /** Directory of base and overlay; null: the base comes from variables. */
  readonly config: string | null;
  readonly listen: Address;
  readonly admin: Address;
  /** Of the admin port; null: it speaks plain HTTP. */
  readonly adminTls: TlsSettings | null;
  readonly podUid: string;
  readonly podName: string;
  readonly allowedHosts: readonly AllowedHost[];
  /** Whether metrics name the namespaces of requests. */
  readonly showsNamespaces: boolean;
};
export type Flags = {
  readonly config?: string | undefined;
  readonly listen?: string | undefined;
  readonly admin?: string | undefined;
  readonly adminTls?: string | undefined;
};

const addressPattern = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/;

/** `host:port`, an IPv6 address in brackets. */
export const addressSchema = z.string().transform((text, context): Address => {
  const match = addressPattern.exec(text);
  const port = Number(match?.[2]);
  if (match !== null && port <= 65_535) return { host: (match[1] ?? "").replace(/^\[|\]$/g, ""), port };
  context.addIssue({ code: "custom", message: "expected host:port" });
  return z.NEVER;
});

const hostsSchema = z.string().transform((text, context): readonly AllowedHost[] => {
  const parsed = parseAllowedHosts(text);
  if ("hosts" in parsed) return parsed.hosts;
  const place = `entry ${parsed.faultyEntry + 1}`;
  context.addIssue({
    code: "custom",
    message: `${place}: expected [https://]host[:port][=RETRIEVER_CRED_* or credential file]`,
  });
  return z.NEVER;
});

const settingsSchema = z.object({
  config: z.string().min(1).nullable(),
  listen: addressSchema,
  admin: addressSchema,
  podUid: z.string().min(1),
  podName: z.string().min(1),
  allowedHosts: hostsSchema,
  showsNamespaces: z.enum(["true", "false"], "expected true or false").transform((text) => text === "true"),
});

/** Flags win over variables. Throws RETR_CONFIG_INVALID with every fault. */
export function parseSettings(flags: Flags, env: Environment): Settings {
  const hasEnvBase = env["RETRIEVER_PRIMARY_KIND"] !== undefined;
  const config = flags.config ?? env["RETRIEVER_CONFIG"] ?? null;
  const result = settingsSchema.safeParse({ ...readSettings(flags, env), config: config ?? defaultConfig(hasEnvBase) });
  const faults = result.success ? [] : result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  if (config !== null && hasEnvBase) faults.push("config: expected a directory or RETRIEVER_PRIMARY_KIND, got both");
  const secured = parseTls(flags.adminTls, env);
  if (Array.isArray(secured)) faults.push(...secured);
  else if (result.success && faults.length === 0) return { ...result.data, adminTls: secured.tls };
  throw new RetrieverError({ code: "RETR_CONFIG_INVALID", message: `settings: ${faults.join("; ")}` });
}

function readSettings(flags: Flags, env: Environment): object {
  return {
    listen: flags.listen ?? env["RETRIEVER_LISTEN"] ?? "127.0.0.1:7080",
    admin: flags.admin ?? env["RETRIEVER_ADMIN"] ?? "0.0.0.0:7090",
    podUid: env["RETRIEVER_POD_UID"] ?? "local",
    podName: env["RETRIEVER_POD_NAME"] ?? "local",
    allowedHosts: env["RETRIEVER_ALLOWED_HOSTS"] ?? "",
    showsNamespaces: env["RETRIEVER_METRICS_NAMESPACES"] ?? "false",
  };
}

function defaultConfig(hasEnvBase: boolean): string | null {
  return hasEnvBase ? null : "/etc/retriever/config";
}
