import fc from "fast-check";
import { expect, test } from "vitest";
import { changesOf, type Fragment, shownBy } from "./fragments.ts";

const part = fc.record({ id: fc.constantFrom("a", "b", "c", "d"), html: fc.constantFrom("1", "2", "3") });
/** A table of some rows, and a fragment beside it. */
const page = fc
  .tuple(fc.uniqueArray(part, { selector: ({ id }) => id }), fc.constantFrom("x", "y"))
  .map(([parts, html]): readonly Fragment[] => [
    { id: "table", html: parts.map((one) => `<${one.id}=${one.html}>`).join(""), parts },
    { id: "beside", html },
  ]);

/** What a browser shows: the table is its rows. */
function show(fragments: readonly Fragment[]): Map<string, string> {
  const leaves = fragments.flatMap((one) => one.parts ?? [one]);
  return new Map(leaves.map(({ id, html }) => [id, html]));
}

test("whatever pages follow each other, a browser that puts in the changes shows the last one", () => {
  fc.assert(
    fc.property(fc.array(page, { minLength: 1, maxLength: 6 }), (pages) => {
      let shown = shownBy(pages[0] ?? []);
      let browser = show(pages[0] ?? []);
      for (const next of pages.slice(1)) {
        const { changed, shown: after } = changesOf(next, shown);
        if ("table" in changed) browser = new Map([...browser].filter(([id]) => id === "beside"));
        const whole = "table" in changed ? (next[0]?.parts ?? []) : [];
        for (const { id, html } of whole) browser.set(id, html);
        for (const [id, html] of Object.entries(changed)) if (id !== "table") browser.set(id, html);
        expect(Object.fromEntries(browser)).toEqual(Object.fromEntries(show(next)));
        shown = after;
      }
    }),
  );
});

test("a page that is as it was changes nothing", () => {
  fc.assert(
    fc.property(page, (one) => {
      expect(changesOf(structuredClone(one), shownBy(one)).changed).toEqual({});
    }),
  );
});
