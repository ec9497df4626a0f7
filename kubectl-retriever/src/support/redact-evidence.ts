// Evidence without what looks like a secret, also in inputs that are kept compressed. A record without any stays as it was, to
// the letter: its chain holds.
import { keepInput, readKeptInput } from "@retriever/operator/audit/kept-input.ts";
import type { KeptInput } from "@retriever/operator/core/status/audit-record.ts";
import { isIntricate } from "@retriever/stores/values/intricate-json.ts";
import { mark } from "./mark.ts";
import { redactLines, redactValue } from "./redact.ts";

/** Of one input, and of all of a file: who may write ConfigMaps may write some that inflate to a thousand times their size. */
const mostOfInput = 4 * 1024 * 1024;
const mostOfInputs = 64 * 1024 * 1024;
/** A fleet's input has many. */
const mostValues = 1_000_000;

export function redactEvidence(text: string): string {
  const budget = { left: mostOfInputs };
  return text
    .split("\n")
    .map((line) => redactRecord(line, budget))
    .join("\n");
}

type Budget = { left: number };

function redactRecord(line: string, budget: Budget): string {
  const record = isIntricate(line) ? undefined : parse(line);
  if (record?.input?.form !== "gzip") return redactLines(line);
  const { input, ...rest } = record;
  const [kept, others] = [redactInput(input, budget), redactValue(rest)];
  const isWhole = kept === input && JSON.stringify(others) === JSON.stringify(rest);
  return isWhole ? line : JSON.stringify({ ...(others as object), input: kept });
}

type Record = { readonly input?: Extract<KeptInput, { form: "gzip" }> };

function parse(line: string): Record | undefined {
  try {
    return (JSON.parse(line) ?? undefined) as Record | undefined;
  } catch {
    return undefined;
  }
}

function redactInput(input: Extract<KeptInput, { form: "gzip" }>, budget: Budget): unknown {
  try {
    const read = readKeptInput(input, { bytes: Math.min(mostOfInput, budget.left), values: mostValues });
    const text = JSON.stringify(read);
    budget.left -= text.length;
    const redacted = redactValue(read);
    return JSON.stringify(redacted) === text ? input : keepInput(redacted as Parameters<typeof keepInput>[0]);
  } catch {
    return mark;
  }
}
