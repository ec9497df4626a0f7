// The report as a page for people: one file, no script, nothing fetched.
import {
  type Difference,
  differenceKinds,
  driftOf,
  type VerifyReport,
} from "@retriever/sidecar/contract/verify-report.ts";
import { printable } from "@retriever/stores/values/printable.ts";

const mostExamples = 20;

const meanings = {
  missing: "the destination lacks the chunk",
  extra: "only the destination has the chunk",
  stale: "updated_at differs",
  payload: "entity, namespace or an agreed field differs",
  vector: "the vector differs by more than the stores' precision explains",
  lagging: "differed at the first look-up only, or was written within the lag: no difference",
} as const;
const countNames = [...differenceKinds, "lagging"] as const;

const headlines = {
  equal: "Both stores hold the same",
  drift: "The stores differ",
  unknown: "Nothing can be said",
} as const;

const style = `
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:68rem;padding:0 1rem;color:#1c2024;background:#fff}
h1{font-size:1.5rem;border-left:.5rem solid;padding-left:.75rem}h2{font-size:1.1rem;margin-top:2rem}
.equal{border-color:#2b7a3d}.drift{border-color:#c0392b}.unknown{border-color:#b7791f}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #d5d9de;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}
.note{color:#5a6270}@media(prefers-color-scheme:dark){body{background:#16181b;color:#e4e7eb}th,td{border-color:#3a3f45}.note{color:#9aa3ae}}`;

/** HTML of a report. Whatever stores say is escaped. */
export function reportPage(report: VerifyReport): string {
  const { outcome, reason } = report;
  const title = `${headlines[outcome]}: ${report.source.identity.label} and ${report.destination.identity.label}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escape(title)}</title><style>${style}</style></head><body>
<h1 class="${outcome}">${headlines[outcome]}</h1>
${reason === null ? "" : `<p><strong>${escape(reason)}</strong></p>`}
<p>${escape(verdict(report))}</p>
${stores(report)}
${scope(report)}
${counts(report)}
${namespaces(report)}
${quality(report)}
${differenceKinds.map((kind) => examples(report, kind)).join("\n")}
<p class="note">Version ${escape(report.version)}; from ${escape(report.startedAt)} to ${escape(report.finishedAt)}. Digest <code>${report.digest}</code>: a repair refuses this report's JSON once it was edited.</p>
</body></html>
`;
}

function verdict({ outcome, counts, newestDifferenceAt, isListComplete }: VerifyReport): string {
  const drift = driftOf(counts);
  const atLeast = isListComplete ? "" : "at least ";
  if (outcome === "equal") return "No chunk of the scope differs.";
  if (outcome === "unknown") return "This is no evidence for either: whatever was found until then counts for nothing.";
  const newest = newestDifferenceAt === null ? "" : ` The newest of them was written at ${newestDifferenceAt}.`;
  return `${atLeast}${number(drift)} ${drift === 1 ? "chunk differs" : "chunks differ"}.${newest}`;
}

function stores({ source, destination }: VerifyReport): string {
  const rows = [
    ["store", source.identity.label, destination.identity.label],
    ["chunks read", number(source.read), number(destination.read)],
    ["newest updated_at", source.newestUpdatedAt, destination.newestUpdatedAt],
    ["dimension", source.dimension, destination.dimension],
    ["metric", source.metric, destination.metric],
    ["precision", source.precision, destination.precision],
  ].map(([name, ...values]) => `<tr><th>${name}</th>${values.map((value) => `<td>${said(value)}</td>`).join("")}</tr>`);
  return `<h2>Stores</h2><table><tr><th></th><th>source</th><th>destination</th></tr>${rows.join("")}</table>`;
}

function scope({ scope: { level, since, partition, sample, lagSeconds } }: VerifyReport): string {
  const parts = [
    `Level <strong>${level}</strong>`,
    since === null ? "all chunks" : `only what was written since ${escape(since)}`,
    partition.count === 1 ? "" : `partition ${partition.index} of ${partition.count}`,
    sample === 1 ? "" : `a sample of ${sample * 100} % of the ids`,
    `a write may take ${lagSeconds} s to arrive`,
  ];
  return `<h2>Scope</h2><p>${parts.filter((part) => part !== "").join("; ")}.</p>`;
}

function counts({ counts: all }: VerifyReport): string {
  const rows = countNames.map(
    (name) => `<tr><td>${name}</td><td class="n">${number(all[name])}</td><td>${meanings[name]}</td></tr>`,
  );
  return `<h2>Counts</h2><table><tr><th>kind</th><th class="n">chunks</th><th>meaning</th></tr>${rows.join("")}</table>`;
}

function namespaces({ namespaces: all }: VerifyReport): string {
  if (all.length === 0) return "";
  const head = countNames.map((name) => `<th class="n">${name}</th>`).join("");
  const rows = all.map(({ namespace, counts: own }) => {
    const cells = countNames.map((name) => `<td class="n">${number(own[name])}</td>`);
    return `<tr><td><code>${escape(namespace)}</code></td>${cells.join("")}</tr>`;
  });
  return `<h2>By namespace</h2><table><tr><th>namespace</th>${head}</tr>${rows.join("")}</table>`;
}

function quality({ quality: measured }: VerifyReport): string {
  if (measured === null) return "";
  const rows = (["source", "destination"] as const).map((name) => {
    const recall = measured[name];
    if (recall === null)
      return `<tr><td>${name}</td><td class="n">${said(null)}</td><td></td><td class="n">0</td></tr>`;
    const [from = 0, to = 0] = recall.interval;
    const interval = `${from.toFixed(3)} to ${to.toFixed(3)}`;
    return `<tr><td>${name}</td><td class="n">${recall.value.toFixed(3)}</td><td>${interval}</td><td class="n">${number(recall.queries)}</td></tr>`;
  });
  const head = `<tr><th>store</th><th class="n">recall@${measured.k}</th><th>95 % interval</th><th class="n">queries</th></tr>`;
  return `<h2>Each index against its own store's exact search</h2><table>${head}${rows.join("")}</table>`;
}

function examples({ differences, counts: all }: VerifyReport, kind: Difference["kind"]): string {
  const own = differences.filter((difference) => difference.kind === kind);
  if (own.length === 0) return "";
  const rows = own
    .slice(0, mostExamples)
    .map(
      ({ id, namespace, sourceUpdatedAt, destinationUpdatedAt }) =>
        `<tr><td><code>${escape(id)}</code></td><td>${said(namespace)}</td><td>${said(sourceUpdatedAt)}</td><td>${said(destinationUpdatedAt)}</td></tr>`,
    );
  const rest = all[kind] - rows.length;
  const more =
    rest > 0 ? `<p class="note">${number(rest)} more; the JSON beside this page lists ${number(own.length)}.</p>` : "";
  const head = "<tr><th>chunk</th><th>namespace</th><th>updated_at, source</th><th>updated_at, destination</th></tr>";
  return `<h2>${kind}: ${meanings[kind]}</h2><table>${head}${rows.join("")}</table>${more}`;
}

function said(value: string | number | null | undefined): string {
  return value === null || value === undefined ? '<span class="note">none</span>' : escape(String(value));
}

function number(value: number): string {
  return value.toLocaleString("en");
}

function escape(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
