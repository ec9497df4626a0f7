// What a timeline draws, whoever knows it: a rehearsal, the evidence of a migration, or a live status. All times are in
// seconds since the timeline's beginning, ascending. Types only.
import type { Phase } from "@retriever/crds/status/migration-status.ts";

/** A time in one phase and at one rate. */
export type Stretch = {
  readonly phase: Phase;
  readonly label: string;
  readonly from: number;
  readonly to: number;
};

/** A value that wasn't measured is null: the curve is broken there. */
export type CurvePoint = { readonly seconds: number; readonly value: number | null; readonly limit?: number };

/**
 * One row. rate: in steps, each value written beside it. share: 0..1 against the limit of its points, on a square-root
 * scale, what is over the limit filled. amount: from 0 to the greatest value.
 */
export type Curve = {
  readonly name: string;
  readonly unit: string;
  readonly kind: "rate" | "share" | "amount";
  readonly points: readonly CurvePoint[];
};

/** What stands across the rows, with its number in the table: something that happened, a decision, or a page. */
export type Mark = {
  readonly number: number;
  readonly seconds: number;
  readonly kind: "event" | "decision" | "alarm";
  readonly words: string;
};

export type TimelineData = {
  /** Names the drawing's elements: two drawings of one page differ in it. */
  readonly id: string;
  readonly title: string;
  /** The drawing in words. */
  readonly description: string;
  readonly clock: string;
  readonly stretches: readonly Stretch[];
  /** Who serves from each of these moments on. */
  readonly serves: readonly { readonly seconds: number; readonly primary: "source" | "destination" }[];
  readonly curves: readonly Curve[];
  readonly marks: readonly Mark[];
  /** Faults that lasted. */
  readonly bands: readonly { readonly from: number; readonly to: number }[];
};
