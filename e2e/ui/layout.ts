// Where things stand on a page. Pictures aren't compared: their bytes change with Chromium and its fonts. What has to hold in
// every one of them is: nothing is cut off, nothing lies on something else, and what one looks for first is seen first.
import type { Page } from "playwright-core";

type Box = {
  readonly name: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
};
type Measured = {
  readonly overflowPx: number;
  /** Wider inside than outside, so that their end is seen by scrolling alone. */
  readonly cut: readonly string[];
  readonly facts: readonly Box[];
  readonly buttons: readonly Box[];
  readonly curves: number;
};

/** Runs in the page. */
const measure = `(() => {
  const boxOf = (element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    const lines = element.textContent.trim().split("\\n");
    return { name: lines[0].slice(0, 40), left, top: top + scrollY, right, bottom: bottom + scrollY };
  };
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (selector) => all(selector).filter((element) => element.getClientRects().length > 0);
  const root = document.documentElement;
  const isWide = (element) => element.scrollWidth > element.clientWidth + 1;
  return {
    overflowPx: root.scrollWidth - root.clientWidth,
    cut: shown(".wide, .fact, dd, td, li, .button, h1, h2").filter(isWide).map((element) => boxOf(element).name),
    facts: shown(".fact").map(boxOf),
    buttons: shown(".button").map(boxOf),
    curves: shown("#charts svg path[d*='L'], #charts svg path[d*='H'], #charts svg path[d*='V']").length,
  };
})()`;

type Window = { readonly width: number; readonly height: number };
type Expected = { readonly isMigration: boolean; readonly hasCurves: boolean };

/** What isn't as it has to be, a line each. */
export async function layoutFaults(page: Page, { width, height }: Window, expected: Expected): Promise<string[]> {
  const { overflowPx, cut, facts, buttons, curves } = await page.evaluate<Measured>(measure);
  const faults = [
    ...(overflowPx > 0 ? [`${overflowPx} px wider than the window`] : []),
    ...cut.map((name) => `cut off: ${name}`),
    ...overlaps([...facts, ...buttons]),
  ];
  if (!expected.isMigration) return faults;
  // A desk shows the four facts and the red button at once, a phone at least the phase.
  const first = width >= 1000 ? [...facts, ...buttons.slice(0, 1)] : facts.slice(0, height > 500 ? 1 : 0);
  return [
    ...faults,
    ...(facts.length === 4 ? [] : [`${facts.length} facts instead of four`]),
    ...first.filter(({ bottom }) => bottom > height).map(({ name }) => `below the first screen: ${name}`),
    ...(expected.hasCurves && curves < 5 ? [`${curves} curves, of which there are five at least`] : []),
  ];
}

function overlaps(boxes: readonly Box[]): string[] {
  return boxes.flatMap((one, index) =>
    boxes
      .slice(index + 1)
      .filter(
        (other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom,
      )
      .map((other) => `${one.name} lies on ${other.name}`),
  );
}
