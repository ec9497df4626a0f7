// A saved report, as a repair takes it: whole, unedited, of these stores, with a result. Refuses everything else.
import { digestOfReports } from "@retriever/sidecar/contract/repair-summary.ts";
import {
  digestOfReport,
  driftOf,
  type VerifyReport,
  verifyReportSchema,
} from "@retriever/sidecar/contract/verify-report.ts";
import { isSameStore, type StoreIdentity } from "@retriever/stores/config/identity.ts";
import { errorsOf } from "@retriever/stores/errors.ts";
import { z } from "zod";
import { readFileText } from "#config/read-file.ts";
import { listReports } from "./list-reports.ts";

const refuse = errorsOf("RETR_REPAIR_REFUSED");

/** The most differences with the longest ids fit well in. */
const maxBytes = 64 * 1_048_576;
const mostFaults = 5;

/** Throws RETR_REPAIR_REFUSED, with what came and what was expected. */
export function readReport(file: string): VerifyReport {
  const result = verifyReportSchema.safeParse(parse(readFileText(file, maxBytes, refuse), file));
  if (!result.success) throw refuse(`${file}: no report of verify: ${faultsOf(result.error)}`);
  const { digest, ...report } = result.data;
  if (digestOfReport(report) !== digest) {
    throw refuse(
      `${file}: expected the digest of the report's own content, got ${digest.slice(0, 12)}…: it was edited`,
    );
  }
  return result.data;
}

/**
 * The report of a file, or those of all partitions in a folder as the operator keeps them. Throws RETR_REPAIR_REFUSED, also
 * where they aren't those of `digest`; null: whichever they are.
 */
export function readReports(place: string, digest: string | null): readonly VerifyReport[] {
  const reports = listReports(place, refuse).map(readReport);
  for (const [index, { scope }] of reports.entries()) {
    const { partition } = scope;
    if (reports.length > 1 && (partition.index !== index || partition.count !== reports.length))
      throw refuse(
        `${place}: expected partition ${index} of ${reports.length}, got ${partition.index} of ${partition.count}`,
      );
  }
  const found = digestOfReports(reports.map((report) => report.digest));
  if (digest === null || digest === found) return reports;
  throw refuse(
    `${place}: expected the report ${digest.slice(0, 12)}… that was agreed to, got ${found.slice(0, 12)}…: nothing was written`,
  );
}

export type Stores = { readonly source: StoreIdentity; readonly destination: StoreIdentity };

/** Throws RETR_REPAIR_REFUSED for a report that says nothing, too little, or something of other stores. */
export function checkReport(report: VerifyReport, stores: Stores): void {
  for (const name of ["source", "destination"] as const) {
    const [expected, got] = [stores[name], report[name].identity];
    if (!isSameStore(expected, got)) {
      throw refuse(`${name}: the configuration names ${expected.label}, the report is of ${got.label}`);
    }
  }
  if (report.outcome === "unknown") {
    throw refuse(
      `the report has no result (${report.reason ?? "no reason given"}): verify until it says equal or drift`,
    );
  }
  if (report.isListComplete) return;
  const drift = driftOf(report.counts);
  throw refuse(
    `the report lists ${report.differences.length} of ${drift} differences: verify by partitions, such as --partition 0/${partitionsFor(drift)} ` +
      "and so on, and repair from each of their reports; with so many, loading the store anew may be quicker",
  );
}

/** So many that each lists its differences with room to spare. */
function partitionsFor(drift: number): number {
  return Math.max(2, Math.ceil(drift / 25_000));
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refuse(`${file}: expected JSON`, error);
  }
}

function faultsOf(error: z.ZodError): string {
  const faults = error.issues.slice(0, mostFaults).map(({ path, message }) => `${z.core.toDotPath(path)}: ${message}`);
  return `${faults.join("; ")}${error.issues.length > mostFaults ? "; …" : ""}`;
}
