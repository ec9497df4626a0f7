// Answers cut anywhere must count the same.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResponseReader } from "./response-reader.ts";

function answer(status: number, body: string): string {
  return `HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\nx: y\r\n\r\n${body}`;
}

describe("a stream of answers", () => {
  it("counts every answer once, wherever the chunks are cut", () => {
    const statuses = fc.array(fc.tuple(fc.constantFrom(200, 400, 503), fc.string({ unit: "grapheme-ascii" })), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(statuses, fc.integer({ min: 1, max: 30 }), (answers, size) => {
        const bytes = Buffer.from(answers.map(([status, body]) => answer(status, body)).join(""));
        const reader = new ResponseReader();
        const seen: number[] = [];
        for (let at = 0; at < bytes.length; at += size) seen.push(...reader.push(bytes.subarray(at, at + size)));
        expect(seen).toEqual(answers.map(([status]) => status));
      }),
    );
  });

  it("is refused when an answer doesn't tell its length", () => {
    expect(() => new ResponseReader().push(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"))).toThrow("no content-length");
  });
});
