// Bases as large as anybody can write them: beyond what is read, and as much as is.
import type { FilledSource } from "@retriever/operator/observe/read-base.ts";
import { maxBaseChars, maxYamlLines } from "@retriever/sidecar/contract/base-text.ts";

const mebibyte = 1024 * 1024;

/** A key and its value again and again, each with a number of its own. */
function keys(chars: number, line: (index: number) => string, most = Number.POSITIVE_INFINITY): string {
  const count = Math.min(most, Math.floor(chars / line(100_000).length));
  return Array.from({ length: count }, (_, index) => line(index)).join("");
}
const yaml = (index: number) => `k${index}: 1\n`;
const json = (chars: number) => `{${keys(chars - 10, (index) => `"k${index}":1,`)}"last":1}`;

/** As people write them. */
export const ordinaryBase = keys(1000, yaml);

/** By what they are. */
export const largeBases: Readonly<Record<string, string>> = {
  "1 MiB of keys in YAML": keys(mebibyte, yaml),
  "1 MiB of keys in JSON": json(mebibyte),
  "as many keys in YAML as are read": keys(maxBaseChars, yaml, maxYamlLines / 2),
  "as many keys in JSON as are read": json(maxBaseChars - 100),
  "64 KiB of brackets": "[".repeat(maxBaseChars - 100),
};

/** The base of a workload. */
export function baseIn(text: string): readonly FilledSource[] {
  const basics = { name: "base", annotations: {}, finalizers: [], deleting: false, foreignManagers: [] };
  const source = { configMap: "base", optional: false, items: null };
  return [{ source, configMap: { ...basics, data: { "retriever.yaml": text } } }];
}
