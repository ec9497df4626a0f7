// Liveness on the explored graph: left alone, with healthy or with harmful evidence, every world comes to rest.
import type { Report, Violation } from "./report.ts";

export type RestNode = {
  /** ended: a final phase, or gone. waits: for a person. */
  readonly state: "ended" | "waits" | "goes on";
  /** Pods, API and stores work. */
  readonly isWell: boolean;
  /** The world in one line. */
  readonly line: string;
  healthy?: RestEdge;
  harmful?: RestEdge;
  healed?: RestNode | undefined;
};
type RestEdge = { readonly to: RestNode; readonly isQuiet: boolean };

/** More reconciles than any way to rest needs. */
const mostReconciles = 80;

/** Follows a world to its rest under both kinds of evidence. */
export function checkRest(node: RestNode, report: Report): readonly Violation[] {
  follow(node, (one) => one.healthy, "healthy", report);
  follow(node, (one) => one.harmful ?? one.healthy, "harmful", report);
  return report.take();
}

type Next = (node: RestNode) => RestEdge | undefined;

function follow(start: RestNode, next: Next, kind: string, report: Report): void {
  let node = start.healed ?? start;
  for (let reconciles = 0; reconciles < mostReconciles; reconciles += 1) {
    const edge = next(node);
    if (edge === undefined) return;
    if (edge.to === node) return report.check("quiet", isAtRest(node, edge), describeUnrest(node, edge, kind));
    node = edge.to;
  }
  report.check(
    "quiet",
    false,
    `no rest after ${mostReconciles} reconciles on ${kind} evidence; it is at\n      ${node.line}`,
  );
}

function isAtRest({ state, isWell }: RestNode, { isQuiet }: RestEdge): boolean {
  return isQuiet && (!isWell || state !== "goes on");
}

function describeUnrest({ line, state }: RestNode, { isQuiet }: RestEdge, kind: string): string {
  const why = isQuiet ? `it neither ends nor waits for a person (${state})` : "it writes on and on";
  return `on ${kind} evidence ${why} at\n      ${line}`;
}
