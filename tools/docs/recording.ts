// The terminal recording of README.md: two commands, run here by the program itself and shown as a terminal of 110 columns shows
// them, line by line. It plays once and stands on its last screen; who asks for less motion sees that at once.
import { element, group, type Markup } from "../../operator/src/page/markup.ts";
import { printedBy } from "./command-line.ts";

const columns = 110;
const screenRows = 24;
const rowHeight = 18;
const columnWidth = 7.8;
const margin = 14;

const typedPerSecond = 30;
/** Between a command and its first line, between two lines, and after a command's last one, seconds. */
const pauses = { start: 0.5, line: 0.28, end: 1.2 } as const;

/** Those of the manifest's folder, as somebody types them there. */
const scenes: readonly (readonly string[])[] = [
  ["lint", "-f", "migration.yaml"],
  ["rehearse", "-f", "migration.yaml", "--scenario", "degrades-in-guard"],
];

/** A row of the screen, and when it is there. */
type Row = { readonly text: string; readonly at: number; readonly typedFor?: number };

export async function drawRecording(): Promise<string> {
  const rows: Row[] = [];
  let at = 0.5;
  for (const words of scenes) {
    const text = `$ kubectl retriever ${words.join(" ")}`;
    const typedFor = text.length / typedPerSecond;
    rows.push({ text, at, typedFor });
    at += typedFor + pauses.start;
    for (const line of await printedBy(words, { columns, rows: screenRows })) {
      for (const part of wrapped(line)) rows.push({ text: part, at });
      at += pauses.line;
    }
    at += pauses.end;
  }
  return draw(rows, at);
}

/** As a terminal breaks a line that is too long for it. */
function wrapped(line: string): readonly string[] {
  const rows = Array.from({ length: Math.ceil(line.length / columns) }, (_, row) =>
    line.slice(row * columns, (row + 1) * columns),
  );
  return rows.length === 0 ? [""] : rows;
}

function draw(rows: readonly Row[], seconds: number): string {
  const width = Math.ceil(columns * columnWidth) + 2 * margin;
  const height = screenRows * rowHeight + 2 * margin;
  const clip = element(
    "clipPath",
    { id: "screen" },
    element("rect", { width, height: height - margin, y: margin / 2 }),
  );
  const screen = element("g", { class: "screen" }, ...rows.map(drawRow));
  const title = "Two commands in a terminal: a manifest is linted, and rehearsed against a new store that gets slow";
  const last = rows.findLast(({ text }) => text !== "")?.text ?? "";
  const { markup } = element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-labelledby": "t d" },
    element("title", { id: "t" }, title),
    element("desc", { id: "d" }, `The last line: ${last}`),
    styleOf(rows, seconds),
    clip,
    element("rect", { class: "paper", width, height, rx: 8 }),
    element("g", { "clip-path": "url(#screen)" }, screen),
  );
  return `${markup}\n`;
}

function drawRow({ text, typedFor }: Row, index: number): Markup | undefined {
  if (text === "") return undefined;
  const y = margin + (index + 1) * rowHeight - 5;
  return element("text", { x: margin, y, class: typedFor === undefined ? `r${index}` : `typed r${index}` }, text);
}

/** The style is ours, but for the numbers in it. */
function styleOf(rows: readonly Row[], seconds: number): Markup {
  const shown = rows.map(({ text, at, typedFor }, index) => {
    const delay = `animation-delay:${at.toFixed(2)}s`;
    if (typedFor === undefined) return `.r${index}{${delay}}`;
    return `.r${index}{${delay};animation-duration:${typedFor.toFixed(2)}s;animation-timing-function:steps(${text.length})}`;
  });
  return group(
    element(
      "style",
      {},
      {
        markup: `${fixedStyle}${shown.join("")}@keyframes scroll{${scrolling(rows, seconds)}}.screen{animation:scroll ${seconds.toFixed(2)}s step-end both}${still}`,
      },
    ),
  );
}

/** Before it is full the screen stands; then each row pushes the first one out. */
function scrolling(rows: readonly Row[], seconds: number): string {
  const steps = new Map<number, number>();
  for (const [index, { at }] of rows.entries()) steps.set(at, Math.max(0, index + 1 - screenRows) * rowHeight);
  const frames = [...steps].map(
    ([at, pixels]) => `${((100 * at) / seconds).toFixed(2)}%{transform:translateY(${-pixels}px)}`,
  );
  const end = Math.max(...steps.values());
  return `0%{transform:none}${frames.join("")}100%{transform:translateY(${-end}px)}`;
}

const fixedStyle =
  ".paper{fill:#f6f8fa;stroke:#d1d9e0}text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#1f2328;white-space:pre;animation:shown .05s linear both}.typed{fill:#1a7f37;font-weight:600;animation-name:typed}@media (prefers-color-scheme:dark){.paper{fill:#0d1117;stroke:#3d444d}text{fill:#f0f6fc}.typed{fill:#3fb950}}@keyframes shown{from{opacity:0}to{opacity:1}}@keyframes typed{from{clip-path:inset(0 100% 0 0)}to{clip-path:inset(0 0 0 0)}}";
const still =
  "@media (prefers-reduced-motion:reduce){text,.screen{animation-duration:.01s!important;animation-delay:0s!important}}";
