// From the records of a chain, one after the other, to what a report is made of. Nothing of a record is kept but what the
// report says: a chain may hold 10 MiB.

import { verdictsSchema } from "@retriever/crds/status/evidence-status.ts";
import { type MigrationStatus, migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import type { VerificationRun } from "@retriever/crds/status/verification-status.ts";
import { type Counters, countersSchema } from "@retriever/sidecar/contract/evidence.ts";
import { storeNameSchema } from "@retriever/sidecar/contract/overlay.ts";
import { z } from "zod";
import { readKeptInput } from "#audit/kept-input.ts";
import type { Announcement } from "#core/model/decision.ts";
import { totalsOf } from "#core/pods/epoch-evidence.ts";
import { readableStatus } from "#core/recover.ts";
import type { AuditRecord, DecisionDraft } from "#core/status/audit-record.ts";
import { percentWord, stageWord } from "#page/words.ts";
import type { Change, PersonsAct } from "./report.ts";

/** Where the migration stood after a decision. */
export type Step = {
  readonly seq: number;
  readonly at: string;
  readonly phase: MigrationStatus["phase"];
  readonly label: string;
  readonly epoch: number;
  readonly sampleRate: number;
  readonly primary: "source" | "destination";
  readonly mismatchBaseline: number | null;
  /** Of the stage that the step ended: it empties them. */
  readonly gatesBefore: MigrationStatus["gates"];
  readonly reason: string;
  readonly message: string;
  readonly announcements: readonly Announcement[];
  /** Another phase, epoch or line of the history. */
  readonly moved: boolean;
};

/** What the epoch had counted at an instant. */
export type Count = {
  readonly ms: number;
  readonly epoch: number;
  readonly totals: Counters;
  readonly gates: MigrationStatus["gates"];
};

/** What is read of a record; whatever else is there is passed over. */
const commonSchema = z.object({
  at: z.string().refine((at) => !Number.isNaN(Date.parse(at)), "expected an instant"),
  verdicts: verdictsSchema,
  missing: z.int().min(0),
});
const effectSchema = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("applyOverlay"),
      document: z.object({
        revision: z.object({ epoch: z.number() }),
        primary: storeNameSchema,
        shadow: z.enum(["source", "destination", "none"]),
        sampleRate: z.number(),
        released: z.boolean(),
      }),
    }),
    z.object({ kind: z.literal("removeOverlay") }),
    z.object({ kind: z.literal("abandonOverlay") }),
    z.object({ kind: z.literal("createJob"), job: z.string(), template: z.string() }),
    z.object({ kind: z.literal("keepReport"), configMap: z.string() }),
    z.object({ kind: z.literal("other") }),
  ])
  .catch({ kind: "other" });
const decisionSchema = z.object({
  totals: countersSchema.nullish(),
  actors: z.array(z.object({ act: z.string(), actor: z.string(), reason: z.string() })),
  decision: z.object({
    status: z.object({ set: z.record(z.string(), z.unknown()), unset: z.array(z.string()) }),
    effects: z.array(effectSchema),
    announcements: z.array(
      z.object({
        type: z.enum(["Normal", "Warning"]),
        reason: z.string(),
        message: z.string(),
        severity: z.enum(["page", "ticket"]).nullable(),
      }),
    ),
  }),
});

export class RecordFold {
  records = 0;
  missing = 0;
  unread = 0;
  first: AuditRecord | undefined;
  last: AuditRecord | undefined;
  status: MigrationStatus = migrationStatusSchema.parse({});
  readonly steps: Step[] = [];
  readonly counts: Count[] = [];
  readonly acts: PersonsAct[] = [];
  readonly changes: Change[] = [];
  readonly runs = new Map<number, VerificationRun>();
  /** Numbers of the slices whose evidence of harm stood in some decision. */
  readonly slices = new Set<number>();
  /** Since when the evidence stood that a rollback was decided on: the decision strikes it off. */
  harmSince: string | undefined;
  /** What is known of the status without its last changes. */
  #raw: Record<string, unknown> = {};

  /** Throws for a record that holds something else than this version, or one before it, wrote. */
  add(record: AuditRecord): void {
    const { at, verdicts, missing } = commonSchema.parse(record);
    if (record.kind === "counters") {
      if (record.totals !== null) this.#count(record, at, countersSchema.parse(record.totals), verdicts);
    } else this.#decide(record, at, verdicts);
    this.records += 1;
    this.missing += missing;
    this.first ??= record;
    this.last = record;
  }

  #decide(record: AuditRecord & DecisionDraft, at: string, verdicts: MigrationStatus["gates"]): void {
    const { actors, totals, decision } = decisionSchema.parse(record);
    const before = this.#statusBefore(record);
    this.#raw = { ...before, ...decision.status.set };
    for (const key of decision.status.unset) delete this.#raw[key];
    const old = parsed(before);
    // Verdicts of it are with the step that ended it.
    if (totals) this.#count(old, at, totals, []);
    this.status = parsed(this.#raw);
    if (old.phase !== "RollingBack" && this.status.phase === "RollingBack")
      this.harmSince = old.harm?.alertSince ?? this.status.harm?.alertSince;
    this.#step({ seq: record.seq, at, announcements: decision.announcements }, old);
    this.#noteStatus(at, verdicts);
    this.acts.push(...actors.map((actor) => ({ at, ...actor })));
    for (const change of decision.effects.flatMap((effect) => changeOf(effect, at))) {
      const last = this.changes.at(-1);
      if (last?.where !== change.where || last.what !== change.what) this.changes.push(change);
    }
  }

  /** As it was recorded; where only its digest is there, as the records before left it. */
  #statusBefore(record: DecisionDraft): Record<string, unknown> {
    let status: Record<string, unknown> | undefined;
    try {
      status = readKeptInput(record.input)?.migration.status;
    } catch {
      // An input that was altered says nothing; the chain's fault is told by whoever proves it.
    }
    if (status === undefined) this.unread += 1;
    return status ?? this.#raw;
  }

  #step({ seq, at, announcements }: Pick<Step, "seq" | "at" | "announcements">, old: MigrationStatus): void {
    const { status } = this;
    const { phase, epoch, history, baseline, message } = status;
    const moved = hasMoved(old, status);
    const reason = moved ? history.at(-1)?.reason : announcements[0]?.reason;
    this.steps.push({
      seq,
      at,
      phase,
      ...revisionOf(status),
      epoch,
      mismatchBaseline: baseline?.mismatchShare ?? null,
      gatesBefore: old.gates,
      reason: reason ?? readyReason(status),
      message: announcements[0]?.message ?? message,
      announcements,
      moved,
    });
  }

  #noteStatus(at: string, verdicts: MigrationStatus["gates"]): void {
    const { evidence, detection, verification } = this.status;
    if (evidence !== undefined) this.#count(evidence, at, totalsOf(evidence), verdicts);
    for (const run of verification?.runs ?? []) this.runs.set(run.number, run);
    for (const { slice, clock } of detection?.lines ?? [])
      if (slice !== null && clock?.verdict === "worse") this.slices.add(slice);
  }

  #count({ epoch }: Pick<Count, "epoch">, at: string, totals: Counters, gates: MigrationStatus["gates"]): void {
    this.counts.push({ ms: Date.parse(at), epoch, totals, gates });
  }
}

function hasMoved(old: MigrationStatus, { phase, epoch, history }: MigrationStatus): boolean {
  return old.phase !== phase || old.epoch !== epoch || old.history.at(-1)?.at !== history.at(-1)?.at;
}

function revisionOf({ phase, stage, revision }: MigrationStatus): Pick<Step, "label" | "sampleRate" | "primary"> {
  const sampleRate = revision?.sampleRate ?? 0;
  const label = stageWord(phase, stage === undefined ? null : stage.index + 1, sampleRate);
  return { label, sampleRate, primary: revision?.primary ?? "source" };
}

function readyReason({ conditions }: MigrationStatus): string {
  return conditions.find(({ type }) => type === "Ready")?.reason ?? "";
}

/** Whatever the version that wrote it. */
function parsed(raw: Record<string, unknown>): MigrationStatus {
  const read = migrationStatusSchema.safeParse(raw);
  return read.success ? read.data : readableStatus(raw);
}

/** What a write changed, and where; nothing for what only keeps the migration's own books. */
function changeOf(effect: z.infer<typeof effectSchema>, at: string): Change[] {
  switch (effect.kind) {
    case "applyOverlay": {
      const { revision, primary, shadow, sampleRate, released } = effect.document;
      const dualRead =
        shadow === "none" ? "no dual read" : `${percentWord(sampleRate)} of the requests also ask the ${shadow}`;
      const end = released ? ", released to the base" : "";
      return [{ at, where: "overlay", what: `epoch ${revision.epoch}: the ${primary} serves, ${dualRead}${end}` }];
    }
    case "removeOverlay":
      return [{ at, where: "overlay", what: "removed: the pods go by their base" }];
    case "abandonOverlay":
      return [{ at, where: "overlay", what: "left as it is: the migration was deleted" }];
    case "createJob":
      return [{ at, where: `Job ${effect.job}`, what: `made from CronJob ${effect.template}` }];
    case "keepReport":
      return [{ at, where: `ConfigMap ${effect.configMap}`, what: "differences that a comparison found" }];
    case "other":
      return [];
  }
}
