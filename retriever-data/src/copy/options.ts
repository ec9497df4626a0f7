// Options of `copy`: its own flags beside those that it shares with `verify`, every fault listed.
import type { Environment } from "@retriever/sidecar/config/credentials.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import type { IndexParameters } from "@retriever/stores/ports/place-maker.ts";
import { parseVerifyOptions, type VerifyFlags, type VerifyOptions } from "#config/options.ts";
import { readIndex } from "./create.ts";
import { mostParts, type Part, parseRange } from "./range.ts";

/** As the command line gives them. */
export type CopyFlags = Pick<
  VerifyFlags,
  "config" | "source" | "destination" | "budget" | "lag" | "report" | "terminationLog"
> & {
  readonly batch?: string;
  readonly inFlight?: string;
  readonly deleteExtra?: boolean;
  readonly dryRun?: boolean;
  readonly create?: boolean;
  readonly index?: string;
  readonly range?: string;
  readonly bounds?: string;
  readonly divide?: string;
};
export type CopyOptions = {
  /** Null: no bound and no pauses. */
  readonly rowsPerSecond: number | null;
  readonly lagSeconds: number;
  readonly batchSize: number;
  readonly atOnce: number;
  readonly deletesExtra: boolean;
  readonly isDryRun: boolean;
  /** Of the vectors, where the destination is to be made when there is none; null: it isn't. */
  readonly index: IndexParameters | null;
  /** The part of the source that is copied; null: all of it. */
  readonly part: Part | null;
  /** Bounds of so many parts are printed, and nothing is copied; null: it is. */
  readonly divideInto: number | null;
  /** Of the comparison at the end. */
  readonly verify: VerifyOptions;
};

const most = { batch: 1000, inFlight: 16 };

/** Throws RETR_CONFIG_INVALID with every fault. */
export function parseCopyOptions(flags: CopyFlags, env: Environment): CopyOptions {
  const {
    batch = "500",
    inFlight = "2",
    deleteExtra = false,
    dryRun = false,
    budget,
    lag,
    report,
    terminationLog,
  } = flags;
  const faults = [...faultIn("batch", batch, most.batch), ...faultIn("in-flight", inFlight, most.inFlight)];
  if (flags.index !== undefined && flags.create !== true) faults.push("--index: expected --create with it");
  faults.push(...rangeFaults(flags));
  const part = parseRange(flags);
  if (typeof part === "string") faults.push(part);
  if (typeof part === "string" || faults.length > 0)
    throw new RetrieverError({ code: "RETR_CONFIG_INVALID", message: `copy: ${faults.join("; ")}` });
  const given = Object.fromEntries(
    Object.entries({ budget, lag, report, terminationLog }).filter(([, value]) => value !== undefined),
  );
  // A comparison of everything, whatever the variables of a verification say.
  const verify = parseVerifyOptions(given, { ...env, RETRIEVER_VERIFY_SINCE: "" });
  return {
    rowsPerSecond: verify.rowsPerSecond,
    lagSeconds: verify.scope.lagSeconds,
    batchSize: Number(batch),
    atOnce: Number(inFlight),
    deletesExtra: deleteExtra,
    isDryRun: dryRun,
    index: flags.create === true ? readIndex(flags.index) : null,
    part,
    divideInto: flags.divide === undefined ? null : Number(flags.divide),
    verify,
  };
}

/** What is for the whole alone: it is made, compared and cleaned once. */
function rangeFaults({ range, divide, create, deleteExtra, report }: CopyFlags): string[] {
  const whole = { "--create": create, "--delete-extra": deleteExtra, "--report": report, "--divide": divide };
  const named = range === undefined ? [] : Object.entries(whole).filter(([, given]) => given !== undefined);
  return [
    ...named.map(([name]) => `${name}: expected no --range with it`),
    ...(divide === undefined ? [] : faultIn("divide", divide, mostParts)),
  ];
}

function faultIn(name: string, text: string, largest: number): string[] {
  const isIn = /^[1-9]\d{0,4}$/.test(text) && Number(text) <= largest;
  return isIn ? [] : [`--${name}: expected 1 to ${largest}`];
}
