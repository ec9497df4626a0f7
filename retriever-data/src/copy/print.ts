// A copy's plan and result as people read them, and as one line for programs. Pure.
import { textField } from "@retriever/stores/config/chunk-fields.ts";
import type { StoreDescription } from "@retriever/stores/ports/chunk-store.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import type { Both } from "#compare/run-deps.ts";
import type { NamedStores } from "#config/open-stores.ts";
import type { Left } from "#repair/decide.ts";
import { listIds, printLeft } from "#repair/print.ts";
import type { Filled } from "./fill.ts";
import type { CopyOptions } from "./options.ts";
import type { Part } from "./range.ts";
import type { Settled } from "./settle.ts";

type Plan = {
  readonly named: NamedStores;
  readonly both: Both<StoreDescription>;
  readonly options: CopyOptions;
  readonly cautions: readonly string[];
};

/** Several lines; both stores by their labels. */
export function printCopyPlan({ named, both, options, cautions }: Plan): string {
  const { rowsPerSecond, batchSize, atOnce, deletesExtra, part } = options;
  const store = (name: keyof typeof both): string =>
    `${name.padEnd(11)} ${named[name].identity.label}: ${countOf(both[name])}, ${vectorOf(both[name])}`;
  const pace =
    rowsPerSecond === null
      ? "as fast as the stores are"
      : `at most ${rowsPerSecond} chunks/s, and each store at most half of the time`;
  const compared = named.areDated ? "vector" : "ids";
  return [
    "copy",
    `  from    ${store("source")}`,
    `  to      ${store("destination")}`,
    `  fields  ${["entity", "namespace", "updated_at", ...named.fields.map(nameOf), "vector"].join(", ")}`,
    `  write   what the destination lacks or has older; nothing newer is overwritten`,
    `  remove  ${deletesExtra ? "what only the destination has" : "nothing: what only the destination has stays (--delete-extra removes it)"}`,
    `  pace    ${pace}; ${atOnce} batches of ${batchSize} at a time`,
    part === null
      ? `  then    a comparison at level ${compared}, whose differences are repaired`
      : `  part    ${part.index} of ${part.count}, from ${boundOf(part.after, "the beginning")} to ${boundOf(part.until, "the end")}; nothing is compared`,
    ...(named.areDated
      ? []
      : [
          "  mind    a store doesn't say when a chunk was written: which is newer isn't known, and only ids are compared",
        ]),
    ...cautions.map((caution) => `  mind    ${caution}`),
  ].join("\n");
}

function boundOf(bound: string | null, otherwise: string): string {
  return bound === null ? otherwise : JSON.stringify(bound);
}

function nameOf(field: string): string {
  return field === textField ? "text" : field;
}

function countOf({ count }: StoreDescription): string {
  return count === null ? "an unknown number of chunks" : `${count} ${plural(count, "chunk")}`;
}

function vectorOf({ dimension, metricName, precision }: StoreDescription): string {
  return `${dimension ?? "?"} numbers, ${metricName}, ${precision ?? "unknown precision"}`;
}

export function printFilled({ read, held, written, replaced, refused }: Filled, seconds: number): string {
  const rate = seconds > 0 ? `, ${Math.round(read / seconds)} chunks/s` : "";
  const more = refused.length === 0 ? "" : `, ${refused.length} refused`;
  return `  copied  ${written} new, ${replaced} over older ones, ${held} were there already${more} (${seconds.toFixed(1)} s${rate})`;
}

/** Several lines: what the comparison found, what stayed, and each refused chunk with its reason. */
export function printSettled({ report, rounds }: Settled, refused: readonly Left[]): string {
  const { outcome, reason, counts, source, destination, differences } = report;
  const kinds = Object.entries(counts).flatMap(([kind, count]) =>
    count > 0 && kind !== "lagging" ? [`${count} ${kind}`] : [],
  );
  const found =
    kinds.length === 0 ? "no differences" : `${kinds.join(", ")}: ${listIds(differences.map(({ id }) => id))}`;
  return [
    ...printLeft(refused),
    `  ${outcome.padEnd(7)} ${reason ?? found} (${source.read} ${plural(source.read, "chunk")} of the source, ${destination.read} of the destination; comparison ${rounds})`,
  ].join("\n");
}

type End = Pick<Outcome, "settled" | "refused"> & { readonly filled: Filled; readonly part?: Part };

/** What a Job's pod leaves behind: one sentence, without the ids of any chunk but one. */
export function lastWords({ filled, settled, refused, part }: End): string {
  const { written, replaced, held } = filled;
  const [first] = refused;
  const unsettled = part === undefined ? "ended early" : `part ${part.index}/${part.count}, not compared`;
  const { outcome = unsettled, reason = null, counts } = settled?.report ?? {};
  const kinds = Object.entries(counts ?? {}).flatMap(([kind, count]) =>
    count > 0 && kind !== "lagging" ? [`${count} ${kind}`] : [],
  );
  const found = [outcome, ...(reason === null ? kinds : [reason])].join(", ");
  const named = first === undefined ? "" : `; ${refused.length} refused, ${first.id}: ${first.reason ?? first.why}`;
  return `${written} new, ${replaced} over older ones, ${held} were there already; ${found}${named}`.slice(
    0,
    mostWords,
  );
}

/** A termination message has 4096 bytes. */
const mostWords = 1000;

type Outcome = {
  readonly filled: Filled | null;
  readonly fillSeconds: number | null;
  readonly settled: Settled | null;
  readonly refused: readonly Left[];
};

/** One line. */
export function copyLine({ named }: Pick<Plan, "named">, { filled, fillSeconds, settled, refused }: Outcome): string {
  const done = filled && {
    ...filled,
    refused: filled.refused.length,
    seconds: fillSeconds === null ? null : Math.round(fillSeconds * 1000) / 1000,
  };
  const compared = settled && {
    outcome: settled.report.outcome,
    counts: settled.report.counts,
    comparisons: settled.rounds,
    repaired: settled.written,
    removed: settled.removed,
  };
  const stores = { from: named.source.identity.label, to: named.destination.identity.label };
  return JSON.stringify({ copy: { ...stores, dryRun: filled === null, done, compared, refused } });
}
