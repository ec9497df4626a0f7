// A small process in the place of the verifier: compares nothing, and says at once what VERDICT tells it to.
// Serves its report until it was fetched (or for two seconds), leaves its last words, ends with the verdict's code.
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { overlaySchema } from "@retriever/sidecar/contract/overlay.ts";
import { digestOfReport, type VerifyReport, type VerifySummary } from "@retriever/sidecar/contract/verify-report.ts";
import { identityOf } from "@retriever/stores/config/identity.ts";
import { locateOverlayAdapter } from "@retriever/stores/kinds.ts";

const longestServedMs = 2000;
const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { config: { type: "string" }, "serve-report": { type: "string" }, "termination-log": { type: "string" } },
});
const { VERDICT = "equal", RETRIEVER_VERIFY_SINCE = "", JOB_COMPLETION_INDEX = "0", PARTITIONS = "1" } = process.env;
const verdict = (["equal", "drift", "unknown"] as const).find((one) => one === VERDICT) ?? "unknown";
const overlay = overlaySchema.parse(JSON.parse(readFileSync(join(values.config ?? "", "migration.json"), "utf8")));
const at = new Date().toISOString();
const missing = verdict === "drift" ? 7 : 0;

const common = {
  outcome: verdict,
  reason: verdict === "unknown" ? "RETR_BACKEND_UNAVAILABLE: the source does not answer" : null,
  startedAt: at,
  finishedAt: at,
  scope: {
    level: "fresh" as const,
    since: RETRIEVER_VERIFY_SINCE === "" ? null : RETRIEVER_VERIFY_SINCE,
    partition: { index: Number(JOB_COMPLETION_INDEX), count: Number(PARTITIONS) },
    sample: 1,
    lagSeconds: 5,
  },
  counts: { missing, extra: 0, stale: 0, payload: 0, vector: 0, lagging: 0 },
  newestDifferenceAt: missing > 0 ? at : null,
};
const store = (digest: string, kind: "pgvector" | "qdrant") => ({
  identity: { kind, label: kind, digest },
  dimension: 384,
  metric: "cosine" as const,
  precision: "float32" as const,
  read: 100,
  newestUpdatedAt: at,
});
const destination = identityOf(locateOverlayAdapter(overlay.destination)).digest;
const unsigned: Omit<VerifyReport, "digest"> = {
  schema: 1,
  version: "0.0.0",
  ...common,
  source: store(overlay.source.digest, "pgvector"),
  destination: store(destination, "qdrant"),
  namespaces: [],
  isListComplete: true,
  differences: [],
  quality: null,
};
const digest = digestOfReport(unsigned);
const summary: VerifySummary = {
  schema: 1,
  ...common,
  source: overlay.source.digest,
  destination,
  read: { source: 100, destination: 100 - missing },
  ids: missing > 0 ? ["chunk-1", "chunk-2"] : [],
  digest,
};

function end(): void {
  writeFileSync(values["termination-log"] ?? "", JSON.stringify(summary));
  process.exit({ equal: 0, drift: 1, unknown: 2 }[verdict]);
}

const [host = "", port = ""] = (values["serve-report"] ?? "").split(":");
createServer((request, response) => {
  response.end(request.method === "HEAD" ? undefined : JSON.stringify({ ...unsigned, digest }), () => {
    if (request.method === "GET") end();
  });
}).listen(Number(port), host);
setTimeout(end, longestServedMs);
