// The input of a decision, made to fit: as it is while it is small, compressed when it is large, never shortened.
// An input from which a part was missing would prove another decision.
import { hash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { isIntricate } from "@retriever/stores/values/intricate-json.ts";
import type { DecisionInput, KeptInput } from "#core/status/audit-record.ts";

/** Up to this size a record can be read with kubectl alone. */
const maxPlainBytes = 48 * 1024;
const maxKeptBytes = 128 * 1024;
/** What a compressed input may grow to: far more than any fleet the operator accepts, far less than harm. */
const maxInflatedBytes = 64 * 1024 * 1024;

/** The input in the smallest loss: plain, compressed, or its digest alone when even that is more than 128 KiB. */
export function keepInput(input: DecisionInput): KeptInput {
  const text = JSON.stringify(input);
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxPlainBytes) return { form: "plain", value: input };
  const base64 = bytes > maxInflatedBytes ? undefined : gzipSync(text).toString("base64");
  if (base64 !== undefined && base64.length <= maxKeptBytes) return { form: "gzip", base64 };
  return { form: "digest", sha256: hash("sha256", text), bytes };
}

/** What is read of a compressed input at most. */
type Most = { readonly bytes: number; readonly values?: number };

/** The input again; undefined when only its digest was kept. Throws for what was never an input, or is more than that. */
export function readKeptInput(kept: KeptInput, most: Most = { bytes: maxInflatedBytes }): DecisionInput | undefined {
  if (kept.form === "digest") return undefined;
  if (kept.form === "plain") return kept.value;
  const text = gunzipSync(Buffer.from(kept.base64, "base64"), { maxOutputLength: most.bytes }).toString("utf8");
  if (most.values !== undefined && isIntricate(text, most.values)) throw new RangeError("too many values");
  return JSON.parse(text) as DecisionInput;
}
