import { printable } from "@retriever/stores/values/printable.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { escapeMarkdown, markdownBlock, markdownTable } from "./markdown.ts";

const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(...Array.from("`|\\<>[]()!*_~#&@$:-=+1.w/ \n\u001b\u202e")) }),
  fc.constantFrom("<script>alert(1)</script>", "[x](javascript:alert(1))", "![](http://x)", "www.x.example", "- [ ] x"),
);

it("words come out as themselves: escaping only puts backslashes before punctuation", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const escaped = escapeMarkdown(text);
      expect(escaped.replace(/\\([!-/:-@[-`{-~])/g, "$1")).toBe(printable(text));
      // No mark with a meaning stands by itself, nothing is a link, nothing begins a block.
      const bare = escaped.replace(/\\[!-/:-@[-`{-~]/g, "");
      expect(bare).not.toMatch(/[\\`*_{}[\]<>|~&#!$@\n]/);
      expect(bare).not.toMatch(/https?:|ftp:|mailto:|www\./i);
      expect(escaped).not.toMatch(/^\s*([-+=]|\d+[.)])(\s|$)/);
    }),
  );
});

it("a table has as many cells in each row as it has columns, whatever is in them", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(hostile, hostile), { minLength: 1 }), (rows) => {
      for (const line of markdownTable(["a", "b"], rows))
        expect(line.replace(/\\[!-/:-@[-`{-~]/g, "").match(/\|/g)).toHaveLength(3);
    }),
  );
});

it("a block of code ends where its text does", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const [open = "", ...rest] = markdownBlock("text", text).join("\n").split("\n");
      const fence = open.replace("text", "");
      expect(rest.findIndex((line) => line.trim().startsWith(fence))).toBe(rest.length - 1);
    }),
  );
});
