import { storeKinds } from "@retriever/stores/kinds.ts";
import { exactTime } from "@retriever/stores/values/time.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeBaseConfigSchema } from "#contract/base.ts";
import { makeOverlaySchema } from "#contract/overlay.ts";
import { parseBase, parseOverlay } from "./parse-document.ts";

const schemas = { base: makeBaseConfigSchema(storeKinds), overlay: makeOverlaySchema(storeKinds) } as never;
const keys = (size: number) => `{${Array.from({ length: size / 10 }, (_, index) => `"k${index}":1`).join(",")}}`;

describe("a document of whatever somebody wrote", () => {
  it("in which an alias stands within its anchor is refused by name", () => {
    const text = "primary: &p\n  kind: qdrant\n  fields: *p\n";
    expect(() => parseBase(text, schemas)).toThrow("no alias within its anchor");
  });

  it("is refused without a word of it, whatever a value without quotes begins with", () => {
    const mark = fc.stringMatching(/^[*&!%@`|>}[\],#:'"\\ -]{1,3}$/);
    fc.assert(
      fc.property(mark, mark, fc.boolean(), (before, after, isNested) => {
        const value = `${before}hunter2${after}`;
        const text = isNested ? `primary:\n  apiKey: ${value}\n  url: 1\n` : `primary: ${value}\n`;
        expect(() => parseBase(text, schemas)).toThrow(
          expect.objectContaining({ code: "RETR_CONFIG_INVALID", message: expect.not.stringContaining("hunter2") }),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ["keys", keys],
    ["explicit keys", (size: number) => "? ".repeat(size / 2)],
    ["brackets", (size: number) => "[".repeat(size)],
  ])("of 1 MiB of %s is refused unread, and one of 60 KiB read and refused", (_, make) => {
    for (const parse of [parseBase, parseOverlay]) {
      expect(() => parse(make(1_048_576), schemas)).toThrow("expected at most 65536 characters");
      expect(() => parse(make(60_000), schemas)).toThrow();
    }
  });

  it("of a moment with many digits loses the zeros behind the last", () => {
    expect(exactTime("2026-01-31T12:00:00.0001200Z")).toBe("2026-01-31T12:00:00.00012Z");
  });
});

describe("a credential that isn't one", () => {
  const place = (connectionString: unknown) =>
    JSON.stringify({ primary: { kind: "pgvector", table: "t", connectionString } });
  it.each([undefined, 7, { secretKeyRef: { name: "s" } }])(
    "%j is told with its place and its forms, without its value",
    (given) => {
      expect(() => parseBase(place(given), schemas)).toThrow(
        "base: primary.connectionString: expected { fromEnv: VARIABLE }, { fromFile: /ABSOLUTE/PATH } or a text that isn't empty",
      );
    },
  );
});
