// From a chain of evidence to the report of its migration. Pure: the same records, the same report.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { overlayName } from "@retriever/sidecar/contract/names.ts";
import { LinkReader } from "#audit/chain-file.ts";
import { readPlan } from "#core/model/accepted-plan.ts";
import { labelOf } from "#core/model/status-readings.ts";
import { describeResult, withoutIds } from "#core/verification/describe-result.ts";
import type { Mood } from "#page/document.ts";
import { evidenceRows } from "#page/evidence-rows.ts";
import { instantWord } from "#page/words.ts";
import type { AuditSubject, KeptChain } from "#ports/audit-store.ts";
import { artifactsOf } from "./artifacts.ts";
import { RecordFold, type Step } from "./fold-records.ts";
import { impactOf } from "./impact.ts";
import { draftPostmortem } from "./postmortem-draft.ts";
import {
  type Comparison,
  type EvidenceFacts,
  type Report,
  reportSchema,
  type StageSummary,
  type StoryEntry,
} from "./report.ts";
import { timelineOf } from "./report-timeline.ts";

/** Takes the lines of a chain one by one, so that whoever has little time between them can do something else. */
export class ReportReader {
  readonly #migration: AuditSubject;
  readonly #chain: Omit<KeptChain, "lines">;
  readonly #links: LinkReader;
  readonly #fold = new RecordFold();
  #fault: string | null = null;
  #unreadable = 0;
  #hash = "";

  constructor(migration: AuditSubject, chain: Omit<KeptChain, "lines">) {
    this.#migration = migration;
    this.#chain = chain;
    this.#links = new LinkReader(migration, chain.after ?? { seq: 0, hash: "" });
  }

  add(line: string): void {
    const link = this.#links.read(line);
    if (link === undefined) return;
    if (link.unreadable !== undefined) {
      this.#unreadable += 1;
      this.#hash = link.unreadable.hash;
      return;
    }
    if (link.fault !== undefined) this.#fault ??= `record ${link.seq}: ${link.fault}`;
    if (link.record === undefined) return;
    this.#hash = link.record.hash;
    try {
      this.#fold.add(link.record);
    } catch {
      // Where it is intact it stands as it was written: by another version.
      if (link.fault === undefined) this.#unreadable += 1;
    }
  }

  /** Undefined where no record could be read. */
  report(): Report | undefined {
    if (this.#fold.first === undefined) return undefined;
    return assemble(this.#migration, this.#fold, this.#facts());
  }

  #facts(): EvidenceFacts {
    const { after, end } = this.#chain;
    const { records, missing, unread } = this.#fold;
    const reached = this.#links.end;
    const cut =
      after === null || end === null
        ? "an end can't be read"
        : end.seq === reached.seq && end.hash === reached.hash
          ? null
          : `the chain ends with record ${end.seq}, the records with ${reached.seq}`;
    const [unreadable, hash, fault] = [this.#unreadable, this.#hash, this.#fault ?? cut];
    return { records, dropped: after?.seq ?? 0, missing, unread, unreadable, hash, fault };
  }
}

/** The report of a chain that is there as a whole. */
export function readReport(migration: AuditSubject, chain: KeptChain): Report | undefined {
  const reader = new ReportReader(migration, chain);
  for (const line of chain.lines) reader.add(line);
  return reader.report();
}

function assemble({ namespace, name, uid }: AuditSubject, fold: RecordFold, evidence: EvidenceFacts): Report {
  const { steps, counts } = fold;
  const status = namingNoChunk(fold);
  const [from, until] = [fold.first?.at ?? "", fold.last?.at ?? ""];
  const plan = readPlan(status.plan);
  const runs = [...fold.runs.values()];
  const story = storyOf(fold);
  const fromMs = Date.parse(from);
  const seconds = Math.max(0, Date.parse(until) - fromMs) / 1000;
  const impact = impactOf({ status, steps, counts, harmSince: fold.harmSince, slices: fold.slices, until });
  const comparisons = comparisonsOf(fold);
  const migration = { namespace, name, uid };
  const [source, destination] = [labelOf(status, "source"), labelOf(status, "destination")];
  const result = resultOf({ status, steps, last: fold.last }, destination);
  const { planHash, epoch, skippedChecks } = status;
  const known = { migration, source, destination, planHash, evidence, until, result, status, plan };
  return {
    schema: reportSchema,
    migration,
    evidence,
    result,
    from,
    until,
    seconds,
    source,
    destination,
    planHash,
    epoch,
    skippedChecks,
    stages: stagesOf(fold, plan),
    story,
    storyLeftOut: 0,
    acts: fold.acts.map((act) => ({ ...act, reason: withoutIds(act.reason, runs) })),
    comparisons,
    changes: fold.changes.map((change) =>
      change.where === "overlay" && plan !== undefined
        ? { ...change, where: `ConfigMap ${overlayName(plan.target.name)}` }
        : change,
    ),
    impact,
    artifacts: artifactsOf(known),
    postmortem: draftPostmortem({ name: `${namespace}/${name}`, status, plan, impact, story, comparisons }),
    timeline: timelineOf(plan, { status, steps, counts, story, fromMs, seconds }),
  };
}

/** The status without ids of chunks in what it says; any comparison may be quoted, those that it holds no more as well. */
function namingNoChunk({ status, runs }: RecordFold): MigrationStatus {
  const clean = (text: string): string => withoutIds(text, [...runs.values()]);
  const { message, rollback } = status;
  const back = rollback === undefined ? {} : { rollback: { ...rollback, causes: rollback.causes.map(clean) } };
  return { ...status, ...back, message: clean(message) };
}

function resultOf(
  { status, steps, last }: Pick<RecordFold, "status" | "steps" | "last">,
  destination: string,
): Report["result"] {
  const { phase, message, rollback } = status;
  const isFinal = isFinalPhase(phase);
  const entered = steps.find((step) => step.phase === phase);
  const at = instantWord(entered?.at ?? last?.at ?? "");
  const reason = rollback?.reason ?? entered?.reason ?? "";
  const mood: Mood = phase === "RolledBack" ? "bad" : isFinal ? "good" : "warn";
  const headline = headlineOf(status, `${at}${reason === "" ? "" : ` (${reason})`}`, destination);
  return { mood, phase, headline, reason, message, isFinal };
}

function headlineOf({ phase, message, rollback }: MigrationStatus, since: string, destination: string): string {
  if (phase === "Completed") return `Completed ${since}: users are served by ${destination}`;
  return isFinalPhase(phase)
    ? `${phase} ${since}: ${rollback?.causes[0] ?? message}`
    : `Not over: ${phase} since ${since}. ${message}`;
}

function storyOf({ steps, runs }: RecordFold): StoryEntry[] {
  const quoted = [...runs.values()];
  const told = steps.filter(({ moved, announcements }) => moved || announcements.length > 0);
  return told.map(({ seq, at, phase, label, epoch, reason, message, announcements, moved }, index) => ({
    number: index + 1,
    seq,
    at,
    phase,
    label,
    epoch,
    reason,
    message: withoutIds(message, quoted),
    severity: severest(announcements),
    moved,
  }));
}

function severest(announcements: Step["announcements"]): StoryEntry["severity"] {
  const said = announcements.map(({ severity }) => severity);
  return said.includes("page") ? "page" : said.includes("ticket") ? "ticket" : null;
}

/** The variance summary: the last gates with a sample of every phase and rate; then, as it ended, the lines of harm. */
function stagesOf({ steps, counts, status, last }: RecordFold, plan: MigrationSpec | undefined): StageSummary[] {
  const moves = steps.filter(({ moved }) => moved);
  const stages = moves.flatMap((step, index): StageSummary[] => {
    const next = moves[index + 1];
    const [fromMs, untilMs] = [Date.parse(step.at), Date.parse(next?.at ?? last?.at ?? step.at)];
    const within = counts.findLast((count) => count.ms >= fromMs && count.ms < untilMs && hasSamples(count.gates));
    const gates = hasSamples(next?.gatesBefore) ? next?.gatesBefore : within?.gates;
    if (gates === undefined || step.primary === "destination" || step.sampleRate === 0) return [];
    const seconds = (untilMs - fromMs) / 1000;
    return [{ label: step.label, from: step.at, seconds, rows: evidenceRows({ gates }, plan) }];
  });
  const { detection } = status;
  if (detection === undefined) return stages;
  // By number: the names of namespaces are for the status alone.
  const slices = detection.slices.map((slice, index) => ({ ...slice, name: `slice ${index}` }));
  const rows = evidenceRows({ gates: [], detection: { ...detection, slices } }, plan);
  if (rows.length === 0) return stages;
  const seconds = Math.max(0, (Date.parse(detection.until) - Date.parse(detection.from)) / 1000);
  return [...stages, { label: `lines of harm, epoch ${detection.epoch}`, from: detection.from, seconds, rows }];
}

function hasSamples(gates: Step["gatesBefore"] | undefined): boolean {
  return gates?.some(({ n }) => n > 0) ?? false;
}

function comparisonsOf({ runs }: RecordFold): Comparison[] {
  const quoted = [...runs.values()];
  return quoted.map(({ purpose, askedAt, result }) => {
    if (result === undefined)
      return { purpose, at: askedAt, outcome: "not done", message: "it has no result", report: null };
    // Ids of chunks are in the comparison's own report, for whoever may read that.
    const { ids: _ids, ...counted } = result;
    const message =
      counted.counts === undefined
        ? `${counted.reason}: ${withoutIds(counted.message, quoted)}`
        : describeResult(counted);
    return { purpose, at: result.at, outcome: result.outcome, message, report: result.report ?? null };
  });
}
