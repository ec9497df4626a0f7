// Figures that tests measure, for the summary of `make e2e`.
// Appends lines; whoever started the tests reads them.
import { appendFileSync } from "node:fs";
import { givenCluster } from "./given-cluster.ts";

/** Notes a figure; one of the same name replaces it. */
export function noteFigure(name: string, figure: unknown): void {
  appendFileSync(givenCluster().figures, `${JSON.stringify({ [name]: figure })}\n`);
}

/** Milliseconds as seconds with two digits. */
export function seconds(ms: number): number {
  return Math.round(ms / 10) / 100;
}
