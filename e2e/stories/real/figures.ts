// Figures that tests measure, for the summary of `make e2e`.
// Appends lines; whoever started the tests reads them.
import { appendFileSync } from "node:fs";
import { givenCluster } from "./given-cluster.ts";

const names = {
  K1: "K1 seconds from the alert's firing to the intent, at most 10",
  K2: "K2 seconds from the intent to the last of 3 pods, at most 5",
  K3: "K3 failed requests because of a cutover or rollback, none",
  K4: "K4 seconds until another replica leads, at most 20",
  requests: "requests",
} as const;

/** Notes a figure of a story or a test. */
export function noteFigure(name: keyof typeof names, of: string, value: unknown): void {
  appendFileSync(givenCluster().figures, `${JSON.stringify({ figure: names[name], of, value })}\n`);
}

/** Milliseconds as seconds with two digits. */
export function seconds(ms: number): number {
  return Math.round(ms / 10) / 100;
}
