// The report of one migration as data: what a page, a Markdown file and a program are given. Statistics only: nothing of a
// query, a vector, a chunk or a namespace's name is in it. Types only.
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import type { Mood } from "#page/document.ts";
import type { EvidenceRow } from "#page/evidence-rows.ts";
import type { TimelineData } from "#page/timeline-data.ts";

/** Goes up when a field is taken away or changes its meaning; readers ignore fields they don't know. */
export const reportSchema = 1;

/** What the report rests on. */
export type EvidenceFacts = {
  readonly records: number;
  /** Dropped before the first record, and not kept in between. */
  readonly dropped: number;
  readonly missing: number;
  /** Decisions of which only the digest of the input was kept. */
  readonly unread: number;
  /** Intact records that hold what this version doesn't know; the report leaves them out. */
  readonly unreadable: number;
  /** Of the last record. */
  readonly hash: string;
  /** Why the chain is broken; null where it is intact. */
  readonly fault: string | null;
};

/** A time in one phase and at one rate, and what its gates said at its end. */
export type StageSummary = {
  readonly label: string;
  readonly from: string;
  readonly seconds: number;
  readonly rows: readonly EvidenceRow[];
};

/** One decision: a step, or something that people were told. */
export type StoryEntry = {
  readonly number: number;
  /** Of its record. */
  readonly seq: number;
  readonly at: string;
  readonly phase: Phase;
  readonly label: string;
  readonly epoch: number;
  readonly reason: string;
  readonly message: string;
  readonly severity: "page" | "ticket" | null;
  readonly moved: boolean;
};

/** What a person asked for and got. */
export type PersonsAct = {
  readonly at: string;
  readonly act: string;
  readonly actor: string;
  readonly reason: string;
};

export type Comparison = {
  readonly purpose: string;
  readonly at: string;
  readonly outcome: string;
  readonly message: string;
  /** ConfigMap with the ids, which aren't repeated here. */
  readonly report: string | null;
};

/** One write to the cluster. */
export type Change = { readonly at: string; readonly where: string; readonly what: string };

/** What users had of the destination. */
export type Impact = {
  readonly seconds: number;
  /** From when evidence of harm stood until the source served again; null where none stood. */
  readonly harmedSeconds: number | null;
  readonly from: string;
  /** Null while it serves. */
  readonly until: string | null;
  readonly requests: number;
  readonly failed: number;
  /** Failed requests that the source answered when it was asked afterwards, of those it was asked. */
  readonly failedWorse: number;
  readonly failedChecked: number;
  /** Shares of compared answers. */
  readonly compared: number;
  readonly scoreWorse: number | null;
  readonly latencyWorse: number | null;
  /** Slices that were worse, by number; empty where all traffic was. */
  readonly slices: readonly string[];
};

/** Something that the runbook wants updated, with what to write. */
export type Artifact = {
  readonly title: string;
  readonly state: "done" | "open" | "nothing to do";
  readonly note: string;
  readonly content: { readonly language: "json" | "markdown" | "text"; readonly text: string } | null;
};

export type Report = {
  readonly schema: typeof reportSchema;
  readonly migration: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly evidence: EvidenceFacts;
  readonly result: {
    readonly mood: Mood;
    readonly phase: Phase;
    readonly headline: string;
    readonly reason: string;
    readonly message: string;
    /** False: the migration isn't over yet. */
    readonly isFinal: boolean;
  };
  readonly from: string;
  readonly until: string;
  readonly seconds: number;
  readonly source: string;
  readonly destination: string;
  readonly planHash: string;
  readonly epoch: number;
  readonly skippedChecks: readonly string[];
  readonly stages: readonly StageSummary[];
  readonly story: readonly StoryEntry[];
  /** Entries that were left out so that the report keeps its size. */
  readonly storyLeftOut: number;
  readonly acts: readonly PersonsAct[];
  readonly comparisons: readonly Comparison[];
  readonly changes: readonly Change[];
  readonly impact: Impact | null;
  readonly artifacts: readonly Artifact[];
  readonly postmortem: string | null;
  readonly timeline: TimelineData;
};
