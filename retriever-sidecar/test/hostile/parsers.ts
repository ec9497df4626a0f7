// Every parser of text that others write for a sidecar, with the longest that it reads. A new one belongs into this list.
import { storeKinds } from "@retriever/stores/kinds.ts";
import { type ForeignParser, jsonShapes, type Make, onShapes } from "@retriever/stores/test/hostile/shapes.ts";
import { parseBase, parseOverlay } from "#config/parse-document.ts";
import { parseAllowedHosts } from "#contract/allowed-hosts.ts";
import { makeBaseConfigSchema } from "#contract/base.ts";
import { maxBaseChars } from "#contract/base-text.ts";
import { parseWindows } from "#contract/evidence.ts";
import { makeOverlaySchema, maxOverlayChars } from "#contract/overlay.ts";
import { maxBodyBytes } from "#contract/retrieve.ts";
import { readTraceContext } from "#http/trace-context.ts";
import { parseRequest } from "#retrieve/parse-request.ts";

const schemas = { base: makeBaseConfigSchema(storeKinds), overlay: makeOverlaySchema(storeKinds) } as never;
const filterable = { lang: { type: "keyword" }, year: { type: "integer" }, at: { type: "moment" } } as never;
/** Of a listener's request line and headers together. */
const headerChars = 16_384;

const yamlShapes: Readonly<Record<string, Make>> = {
  "as many keys as YAML may have": (size, turn) =>
    `primary: a\n${Array.from({ length: 590 }, (_, index) => `k${turn}_${index}: 1`).join("\n")}\n# ${"x".repeat(size / 2)}`,
  "explicit keys": (size) => "? ".repeat(size / 2),
  "an anchor within itself": (size, turn) => `a: &a\n  b: *a\n  c: ${turn}\n# ${"x".repeat(size - 40)}`,
};

const request = (text: string) => parseRequest(Buffer.from(text), null, filterable);
const body = (rest: string) => `{"k":5,"embedding":[0.5],${rest}}`;
const requestShapes: Readonly<Record<string, Make>> = {
  ...Object.fromEntries(
    Object.entries(jsonShapes).map(([shape, make]): [string, Make] => [
      `${shape} beside the embedding`,
      (size, turn) => body(`"filters":${make(size - 40, turn)}`),
    ]),
  ),
  "numbers of an embedding": (size) => `{"k":5,"embedding":[${"0.123456789,".repeat(size / 12 - 4)}1]}`,
  "one long number": (size) => `{"k":5,"embedding":[0.${"1".repeat(size - 40)}]}`,
  "escaped base64": (size) => `{"k":5,"embedding":"${"\\/".repeat(size / 2 - 20)}"}`,
  "embeddings without end": (size) => `{"k":5,"embedding":${"[".repeat(size - 40)}`,
  "names of the embedding": (size) => `{${'"embedding":[1],'.repeat(size / 16 - 2)}"k":5}`,
  "escaped names": (size) => `{${'"\\u0065mbedding":1,'.repeat(size / 20 - 2)}"k":5}`,
  "a filter of many": (size) =>
    body(`"filter":{"or":[${'{"eq":{"field":"lang","value":"a"}},'.repeat(size / 38 - 3)}1]}`),
  "a filter of depth": (size) => body(`"filter":${'{"not":'.repeat(size / 8 - 8)}1${"}".repeat(size / 8 - 8)}`),
  "values of a filter": (size) => body(`"filter":{"in":{"field":"year","values":[${"1.0,".repeat(size / 4 - 40)}1]}}`),
};

export const parsers: readonly ForeignParser[] = [
  ...onShapes({ name: "a sidecar's base", parse: (text) => parseBase(text, schemas), bound: maxBaseChars }),
  ...onShapes({ name: "a sidecar's base", parse: (text) => parseBase(text, schemas), bound: maxBaseChars }, yamlShapes),
  ...onShapes({ name: "a sidecar's overlay", parse: (text) => parseOverlay(text, schemas), bound: maxOverlayChars }),
  ...onShapes({ name: "a request", parse: request, bound: maxBodyBytes }, requestShapes),
  {
    name: "a trace",
    parse: (traceparent) => readTraceContext({ traceparent, tracestate: traceparent }),
    make: (size) => `01-${"1".repeat(32)}-${"1".repeat(16)}-01-${"~".repeat(size)}`,
    bound: headerChars,
  },
  { name: "windows", parse: parseWindows, make: (size) => "15@5,".repeat(size / 5), bound: headerChars },
  { name: "allowed hosts: names", parse: parseAllowedHosts, make: (size) => "a.b-".repeat(size / 4), bound: 131_072 },
  { name: "allowed hosts: entries", parse: parseAllowedHosts, make: (size) => "a,".repeat(size / 2), bound: 131_072 },
];
