import fc from "fast-check";
import { expect, it } from "vitest";
import { printable } from "./printable.ts";

it.each([
  ["an escape sequence", "\u001b[2J", "\\u001b[2J"],
  ["an end of line", "a\r\nb", "a\\u000d\\u000ab"],
  ["a control of eight bits", "\u009b31m", "\\u009b31m"],
  ["a mark that turns the direction", "\u202egpj.exe", "\\u202egpj.exe"],
  ["half a character", "\ud800x", "\\ud800x"],
  ["a tag that can't be seen", "\u{e0041}", "\\udb40\\udc41"],
  ["what people write", "Größe 5 µs, 日本語, 😀", "Größe 5 µs, 日本語, 😀"],
])("shows %s", (_, text, shown) => {
  expect(printable(text)).toBe(shown);
});

it("leaves nothing that steers a terminal, is the same at the second time, and the same text in JSON", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const shown = printable(text);
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      expect(printable(shown)).toBe(shown);
      expect(JSON.parse(printable(JSON.stringify({ text })))).toEqual({ text });
    }),
  );
});
