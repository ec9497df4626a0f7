// The plan that is explored, and its clock: a handful of steps in which everything that waits for time can come due.
// What is compared is bounded: no parity before the cutover, one Job after a rollback, which says equal, drift or unknown,
// or nothing in its time. Every rollback after the cutover is a late one, every earlier one isn't.
import { hash } from "node:crypto";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Overlay } from "@retriever/sidecar/contract/overlay.ts";
import { aSpec, onlyReachable } from "#test/builders/spec.ts";

/** One step of the clock. A reconcile comes a step after the last one. */
export const stepMs = 20_000;
/** Beginning of every reconcile's past; times in a status are steps before it. */
export const origin = Date.parse("2026-03-01T00:00:00Z");
/** Longer than any two reconciles may be apart for the guard to have seen the time between. */
export const absenceSteps = 7;

/** What the plan asks, in steps: ages beyond these no longer make a difference. */
export const steps = {
  stage: 1,
  ackTimeout: 1,
  validation: 2,
  sustained: 1,
  gap: 3,
  guard: 2,
  deadline: 4,
  comparison: 1,
  blind: 3,
} as const;
export const rates = [0.1, 0.3, 0.5] as const;
export const cutoverRate = 0.05;

const seconds = (count: number): string => `${(count * stepMs) / 1000}s`;

export const spec: MigrationSpec = aSpec({
  checklist: { ...onlyReachable, parity: { policy: "Skip", timeout: seconds(steps.comparison) } },
  stages: rates.map((sampleRate) => ({ sampleRate, minDuration: seconds(steps.stage), minSamples: 100 })),
  gates: { window: "10s", minDwell: seconds(steps.stage) },
  rollback: { window: seconds(1), sustainedFor: seconds(steps.sustained), verifyDriftAfter: seconds(0.5) },
  // So far from everything that one bin of so few samples stands, and one without harm refutes it.
  thresholds: { shadowErrors: { maxBadShare: 0.05 }, livePrimary: { maxErrorIncrease: 0.05 } },
  guard: { duration: seconds(steps.guard), deadline: seconds(steps.deadline), minSamples: 50 },
  cutover: {
    ackTimeout: seconds(steps.ackTimeout),
    // One of the two: the other is fenced.
    minAcknowledged: 1,
    validationTimeout: seconds(steps.validation),
  },
});

/** An overlay as the pods read it: equal documents are the same object. */
export type Doc = { readonly text: string; readonly hash: string; readonly document: Overlay };

const docs = new Map<string, Doc>();

/** The one object for a document. */
export function docOf(document: Overlay): Doc {
  const text = `${JSON.stringify(document, null, 2)}\n`;
  const known = docs.get(text);
  if (known !== undefined) return known;
  const doc = { text, hash: hash("sha256", text), document };
  docs.set(text, doc);
  return doc;
}

const renumbered = new Map<string, Doc>();

/** An instant in `now`'s world as one beside the origin; one that has passed is as good as now. */
export function deadlineFrom(at: string, now: number): string {
  return new Date(origin + Math.max(0, Date.parse(at) - now)).toISOString();
}

/** The same document with another epoch, its deadline beside the origin. */
export function retold(doc: Doc, epoch: number, now: number): Doc {
  const { activationDeadline: at, revision } = doc.document;
  const activationDeadline = at === undefined ? undefined : deadlineFrom(at, now);
  if (revision.epoch === epoch && activationDeadline === at) return doc;
  const key = `${doc.hash} ${epoch} ${activationDeadline}`;
  const known = renumbered.get(key);
  if (known !== undefined) return known;
  const deadline = activationDeadline === undefined ? {} : { activationDeadline };
  const next = docOf({ ...doc.document, revision: { ...revision, epoch }, ...deadline });
  renumbered.set(key, next);
  return next;
}
