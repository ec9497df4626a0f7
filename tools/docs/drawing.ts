// What the pages' pictures have in common: a plot over an axis, in the reader's light or dark scheme. Pure.

export type Point = readonly [number, number];
/** Colours by meaning; the scheme gives them their values. */
type Tone = "good" | "bad" | "limit" | "clock";

const width = 860;

const style = `<style>
  svg { --paper: #ffffff; --ink: #1f2328; --rule: #d1d9e0; --good: #1a7f37; --bad: #cf222e; --limit: #9a6700; --clock: #bf8700 }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #f0f6fc; --rule: #3d444d; --good: #3fb950; --bad: #f85149; --limit: #d29922; --clock: #d29922 }
  }
  text { font: 13px system-ui, sans-serif; fill: var(--ink) }
</style>`;

/** A picture that a reader can't see is told by `title`. */
export function drawing(title: string, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">`,
    `<title>${title}</title>`,
    style,
    `<rect width="${width}" height="${height}" fill="var(--paper)"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

/** A line from `domain` to `range`; what is outside the domain is drawn at its end. */
export function scale(domain: Point, range: Point): (value: number) => number {
  const [from, to] = domain;
  return (value) => {
    const share = Math.min(1, Math.max(0, (value - from) / (to - from)));
    return Number((range[0] + share * (range[1] - range[0])).toFixed(1));
  };
}

export function curve(points: readonly Point[], tone: Tone): string {
  return `<polyline points="${list(points)}" fill="none" stroke="var(--${tone})" stroke-width="2"/>`;
}

export function area(points: readonly Point[], tone: Tone): string {
  return `<polygon points="${list(points)}" fill="var(--${tone})" fill-opacity="0.18"/>`;
}

export function bar([x, y]: Point, [across, down]: Point, tone: Tone): string {
  return `<rect x="${x}" y="${y}" width="${across}" height="${down}" fill="var(--${tone})"/>`;
}

export function rule([x1, y1]: Point, [x2, y2]: Point, tone: Tone | "rule"): string {
  const dashes = tone === "rule" ? "" : ' stroke-dasharray="5 4"';
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="var(--${tone})"${dashes}/>`;
}

export function label([x, y]: Point, text: string, anchor: "start" | "middle" | "end" = "start"): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${text}</text>`;
}

function list(points: readonly Point[]): string {
  return points.map((point) => point.join(",")).join(" ");
}
