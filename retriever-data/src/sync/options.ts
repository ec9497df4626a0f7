// Options of `sync`: its own flags beside those that it shares with `copy` and `verify`, every fault listed.
import type { Environment } from "@retriever/sidecar/config/credentials.ts";
import { addressSchema } from "@retriever/sidecar/config/settings.ts";
import type { Address } from "@retriever/sidecar/http/listener.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import { z } from "zod";
import { numberIn, parseVerifyOptions, type VerifyFlags, type VerifyOptions } from "#config/options.ts";

const flagsSchema = z.object({
  interval: numberIn(0.1, 3600, "expected seconds, 0.1 to 3600").prefault("5"),
  verifyEvery: numberIn(1, 604_800, "expected seconds, 1 to 604800").prefault("3600"),
  listen: addressSchema.nullable().default(null),
});

/** As the command line gives them. */
export type SyncFlags = Partial<z.input<typeof flagsSchema>> &
  Pick<VerifyFlags, "config" | "source" | "destination" | "budget" | "lag" | "level" | "report" | "terminationLog"> & {
    readonly once?: boolean;
    readonly deleteExtra?: boolean;
    readonly removalsNeedLeave?: boolean;
  };
export type SyncOptions = {
  /** Between two passes. */
  readonly intervalMs: number;
  readonly verifyEveryMs: number;
  /** Null: nothing is served. */
  readonly listen: Address | null;
  readonly isOnce: boolean;
  /** Whether a verification removes what only the destination has. */
  readonly deletesExtra: boolean;
  /** Whether it does so only while whoever asks for its status gives leave. */
  readonly needsLeave: boolean;
  /** Of the full verifications, and the budget of everything. */
  readonly verify: VerifyOptions;
};

const names: Readonly<Record<string, string>> = { verifyEvery: "verify-every" };

/** Throws RETR_CONFIG_INVALID with every fault. */
export function parseSyncOptions(flags: SyncFlags, env: Environment): SyncOptions {
  const result = flagsSchema.safeParse(flags);
  if (!result.success) {
    const faults = result.error.issues.map(({ path: [name = ""], message }) => {
      return `--${names[String(name)] ?? String(name)}: ${message}`;
    });
    throw new RetrieverError({ code: "RETR_CONFIG_INVALID", message: `sync: ${faults.join("; ")}` });
  }
  const { interval, verifyEvery, listen } = result.data;
  const { budget, lag, report, level = "vector" } = flags;
  const given = Object.fromEntries(
    Object.entries({ budget, lag, report, level }).filter(([, value]) => value !== undefined),
  );
  return {
    intervalMs: interval * 1000,
    verifyEveryMs: verifyEvery * 1000,
    listen,
    isOnce: flags.once === true,
    deletesExtra: flags.deleteExtra === true,
    needsLeave: flags.removalsNeedLeave === true,
    // Everything is compared, whatever the variables of a verification say.
    verify: parseVerifyOptions(given, { ...env, RETRIEVER_VERIFY_SINCE: "" }),
  };
}
