import { gzipSync } from "node:zlib";
import { keepInput, readKeptInput } from "@retriever/operator/audit/kept-input.ts";
import type { DecisionInput, KeptInput } from "@retriever/operator/core/status/audit-record.ts";
import { aChain, aChainFile, aDraft } from "@retriever/operator/test/builders/evidence.ts";
import { expect, test } from "vitest";
import { redactEvidence } from "./redact-evidence.ts";

const much = "3 of 3 pods follow. ".repeat(4000);
const inputOf = (more: object) => keepInput({ now: 1, words: much, ...more } as unknown as DecisionInput);

function fileOf(input: unknown): string {
  const draft = { ...aDraft(), kind: "decision", statusWritten: true, actors: [], input, decision: {} } as never;
  return aChainFile(aChain([draft, aDraft()]));
}

test("a compressed input without a secret stays as it was, so that its chain holds", () => {
  const text = fileOf(inputOf({ address: "qdrant.search.svc:6333" }));
  expect(text).toContain('"form":"gzip"');
  expect(redactEvidence(text)).toBe(text);
});

test("a secret in a compressed input is taken out, and the rest of it is still there", () => {
  const text = fileOf(inputOf({ acts: [{ act: "Pause", reason: "token=CANARYhunter2" }] }));
  const record = JSON.parse(redactEvidence(text).split("\n")[1] ?? "") as { readonly input: KeptInput };
  expect(readKeptInput(record.input)).toEqual({
    now: 1,
    words: much,
    acts: [{ act: "Pause", reason: "token=[secret]" }],
  });
});

test("what is no input, or inflates to more than one may be, isn't shown", () => {
  const bomb = gzipSync(JSON.stringify({ now: "0".repeat(8_000_000) })).toString("base64");
  for (const base64 of [bomb, Buffer.from("password=CANARY").toString("base64")]) {
    const [, record = ""] = redactEvidence(fileOf({ form: "gzip", base64 })).split("\n");
    expect(JSON.parse(record)).toMatchObject({ input: "[secret]" });
  }
});
