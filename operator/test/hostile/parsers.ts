// Every parser of text that others write for the operator, with the longest that it reads. A new one belongs into this list.
import { maxBaseChars } from "@retriever/sidecar/contract/base-text.ts";
import { maxOverlayChars } from "@retriever/sidecar/contract/overlay.ts";
import { sidecarStatusSchema } from "@retriever/sidecar/contract/status.ts";
import { digestOfReport, verifyReportSchema, verifySummarySchema } from "@retriever/sidecar/contract/verify-report.ts";
import { leftOutOf } from "@retriever/stores/config/known-fields.ts";
import { type ForeignParser, type Make, onShapes } from "@retriever/stores/test/hostile/shapes.ts";
import { parseWebhookBody } from "#adapters/alertmanager/webhook-body.ts";
import { printSelector, readPodDocument, readWorkloadDocument } from "#adapters/cluster/read-workload.ts";
import { parseHeldAlerts, parseRules } from "#adapters/prometheus/answers.ts";
import { maxAnswerBytes, maxAnswerValues } from "#adapters/prometheus/place.ts";
import { mostReportValues } from "#adapters/sidecars/http-reports.ts";
import { readChainFile } from "#audit/chain-file.ts";
import { readPlan } from "#core/model/accepted-plan.ts";
import { overlayFault } from "#core/overlay/overlay-fault.ts";
import { bounded, OperatorError } from "#errors.ts";
import { type Invalid, parseForeign } from "#http/exchange.ts";
import { makeLineReader } from "#kube/watch-stream.ts";
import { readBase } from "#observe/read-base.ts";
import { parseIntent } from "#overlay-intent.ts";
import { aSidecarStatus } from "#test/builders/sidecar-status.ts";

const mib = 1_048_576;
/** What an API server stores of one object, and of one object's annotations. */
const objectChars = 1.5 * mib;
const annotationChars = 262_144;
/** What the kubelet keeps of a container's last words. */
const lastWords = 4096;

const base = (text: string) => {
  const configMap = { name: "base", data: { "retriever.yaml": text }, annotations: {}, finalizers: [] };
  const source = { configMap: "base", optional: false, items: null };
  return readBase([{ source, configMap: { ...configMap, deleting: false, foreignManagers: [] } }]);
};
const mount = (mountPath: string) => {
  const volumeMounts = [{ name: "config", mountPath: `${mountPath}x` }];
  const containers = [{ name: "retriever-sidecar", args: ["--config", mountPath], volumeMounts }];
  const volumes = [{ name: "config", configMap: { name: "base" } }];
  return readWorkloadDocument({ spec: { template: { spec: { containers, volumes } } } });
};
const sidecarStatus = (text: string) => {
  const status = Object.assign(JSON.parse(text) as object, aSidecarStatus({ podUid: "u" }));
  return leftOutOf(status, sidecarStatusSchema.safeParse(status).data);
};
const report = (text: string) => {
  const parsed = verifyReportSchema.safeParse(parseForeign(text, mostReportValues, refused));
  return parsed.success && digestOfReport(parsed.data);
};

/** As the network brings it. */
const partBytes = 16_384;
const watched = (text: string) => {
  const bytes = Buffer.from(text);
  const lines = makeLineReader(() => undefined);
  for (let at = 0; at < bytes.length; at += partBytes) lines.push(bytes.subarray(at, at + partBytes));
};

const yamlShapes: Readonly<Record<string, Make>> = {
  "keys in YAML": (size, turn) => Array.from({ length: size / 10 }, (_, index) => `k${turn}_${index}: 1`).join("\n"),
  "as many keys as YAML may have": (size, turn) =>
    `primary: a\n${Array.from({ length: 590 }, (_, index) => `k${turn}_${index}: 1`).join("\n")}\n# ${"x".repeat(size / 2)}`,
  "as many lists as YAML may have": (size, turn) =>
    `k${turn}: ${"[".repeat(295)}${" ".repeat(size / 2)}${"]".repeat(295)}`,
  "explicit keys": (size, turn) => `${"? ".repeat(8)}k${turn}${"\u00e9".repeat(size - 20)}`,
  dashes: (size, turn) => `# ${turn}\n${"- ".repeat(size / 2)}`,
  aliases: (size, turn) => `a: &a ${turn}\n${"b: *a\n".repeat(size / 6)}`,
  directives: (size, turn) => `# ${turn}\n${"%A\n".repeat(size / 3)}`,
  "lists in lists": (size, turn) => `# ${turn}\n${"- a:\n".repeat(size / 5)}`,
  tags: (size, turn) => `# ${turn}\n${"!a ".repeat(size / 3)}`,
  comments: (size, turn) => `# ${turn}\n${"#\n".repeat(size / 2)}`,
  "line ends": (size, turn) => `# ${turn}\n${"\r".repeat(size - 10)}`,
  "a text of spaces": (size, turn) => `a${turn}: "${" ".repeat(size - 20)}x"`,
  "a text of escapes": (size, turn) => `a${turn}: "${"\\x41".repeat(size / 4 - 20)}"`,
};

const refused: Invalid = (what) => new OperatorError("ROP_ALERTS_ANSWER_INVALID", what);
const answered = (text: string) => parseForeign(text, maxAnswerValues, refused);
const rules = (text: string) => parseRules("rules", answered(text), ["a"]);
const prometheusShapes: Readonly<Record<string, Make>> = {
  alerts: (size) => {
    const alert = `{"labels":{"namespace":"a"},"state":"firing","activeAt":"2026-01-01T00:00:00Z","value":"1"}`;
    const alerts = Array.from({ length: size / alert.length }, () => alert).join(",");
    const rule = `{"type":"alerting","name":"a","duration":1,"health":"ok","lastEvaluation":"2026-01-01T00:00:00Z","alerts":[${alerts}]}`;
    return `{"status":"success","data":{"groups":[{"name":"a","interval":1,"rules":[${rule}]}]}}`;
  },
  "other rules": (size) =>
    `{"status":"success","data":{"groups":[{"name":"a","interval":1,"rules":[${'{"type":"no"},'.repeat(size / 15)}1]}]}}`,
};
const chainShapes: Readonly<Record<string, Make>> = {
  lines: (size) => "{}\n".repeat(size / 3),
  "the same line": (size) => `{"kind":"chain"}\n${"\n".repeat(size)}`,
};

export const parsers: readonly ForeignParser[] = [
  ...onShapes({ name: "a base", parse: base, bound: maxBaseChars }),
  ...onShapes({ name: "a base", parse: base, bound: maxBaseChars }, yamlShapes),
  ...onShapes({ name: "an overlay", parse: overlayFault, bound: maxOverlayChars }),
  ...onShapes({ name: "an intent", parse: parseIntent, bound: annotationChars }),
  ...onShapes({ name: "an accepted plan", parse: readPlan, bound: 65_536 }),
  ...onShapes({ name: "a sidecar's status", parse: sidecarStatus, bound: 552_960 }),
  ...onShapes({ name: "a report", parse: report, bound: 921_600 }),
  ...onShapes({
    name: "a summary",
    parse: (text) => verifySummarySchema.safeParse(JSON.parse(text)),
    bound: lastWords,
  }),
  ...onShapes({ name: "a webhook's body", parse: parseWebhookBody, bound: mib }),
  ...onShapes({ name: "an answer of Prometheus", parse: rules, bound: maxAnswerBytes }, prometheusShapes),
  ...onShapes({ name: "an answer of Prometheus", parse: rules, bound: maxAnswerBytes }),
  ...onShapes({
    name: "an answer of Alertmanager",
    parse: (text) => parseHeldAlerts("a", answered(text)),
    bound: maxAnswerBytes,
  }),
  ...onShapes({ name: "evidence", parse: readChainFile, bound: mib }, chainShapes),
  { name: "a watch: one line", parse: watched, make: (size) => "x".repeat(size), bound: 8 * mib },
  { name: "a watch: empty lines", parse: watched, make: (size) => "\n".repeat(size), bound: mib },
  { name: "a mountPath of slashes", parse: mount, make: (size) => `${"/".repeat(size - 1)}x`, bound: objectChars / 2 },
  {
    name: "a label selector",
    parse: (text) => printSelector({ matchLabels: { app: text } }),
    make: (size) => ",".repeat(size),
    bound: objectChars,
  },
  {
    name: "a pod's epoch",
    parse: (text) => readPodDocument({ metadata: { annotations: { "retriever.dev/config-epoch": text } } }),
    make: (size) => "9".repeat(size),
    bound: annotationChars,
  },
  { name: "a fault's words: spaces", parse: bounded, make: (size) => " ".repeat(size), bound: mib },
  { name: "a fault's words: controls", parse: bounded, make: (size) => "\u0007".repeat(size), bound: mib },
];
