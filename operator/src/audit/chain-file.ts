// The audit trail of one migration as a file: a line that says what it follows, a line per record, a line that says where it ends. Text in, links out.
// The first and the last line prove that nothing was cut off; in between every link proves the one before.
import { epochSchema } from "@retriever/sidecar/contract/overlay.ts";
import { z } from "zod";
import {
  type AuditRecord,
  auditSchema,
  type ChainEnd,
  canonicalJson,
  chainStart,
  hashOf,
  printRecord,
} from "#core/status/audit-record.ts";
import type { AuditSubject, KeptChain } from "#ports/audit-store.ts";

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const endShape = { seq: z.int().min(0), hash: digest };
const subjectSchema = z.strictObject({ namespace: z.string(), name: z.string(), uid: z.string() });
const headSchema = z.strictObject({
  kind: z.literal("chain"),
  schema: z.literal(auditSchema),
  migration: subjectSchema,
  after: z.strictObject(endShape),
});
const footSchema = z.strictObject({ kind: z.literal("end"), ...endShape });
const common = {
  ...endShape,
  previous: digest,
  schema: z.literal(auditSchema),
  at: z.string(),
  migration: subjectSchema,
  phase: z.string(),
  epoch: epochSchema,
  missing: z.int().min(0),
};
/** What makes a record a link, in every version. */
const linkSchema = z.looseObject({ ...endShape, previous: digest, migration: subjectSchema });
const recordSchema = z.discriminatedUnion("kind", [
  z.looseObject({
    ...common,
    kind: z.literal("decision"),
    statusWritten: z.boolean(),
    input: z.looseObject({ form: z.enum(["plain", "gzip", "digest"]) }),
    decision: z.looseObject({}),
  }),
  z.looseObject({ ...common, kind: z.literal("counters") }),
]);

/** The file of a chain. Ends that can't be read are taken from the records: then only the links are proved. */
export function printChainFile(migration: AuditSubject, chain: KeptChain): string {
  const records = chain.lines.map((line) => parseJson(line) as Partial<AuditRecord> | undefined);
  const [first, last] = [records[0], records.at(-1)];
  const after = chain.after ?? { seq: (first?.seq ?? 1) - 1, hash: first?.previous ?? "" };
  const end = chain.end ?? { seq: last?.seq ?? 0, hash: last?.hash ?? "" };
  const { namespace, name, uid } = migration;
  const head = { kind: "chain", schema: auditSchema, migration: { namespace, name, uid }, after: endOf(after) };
  const lines = [canonicalJson(head), ...chain.lines, canonicalJson({ kind: "end", ...endOf(end) })];
  return `${lines.join("\n")}\n`;
}

function endOf({ seq, hash }: ChainEnd): ChainEnd {
  return { seq, hash };
}

/** What one line of a file turned out to be. `record` is there whenever it can be read, altered or not. */
export type Link = {
  /** From 1. */
  readonly line: number;
  /** The number it bears, or the one that is due. */
  readonly seq: number;
  readonly record: AuditRecord | undefined;
  /** Why it isn't the link that is due; undefined when it is. */
  readonly fault: string | undefined;
  /** Where it is the link that is due, but holds what another version wrote: the end after it. */
  readonly unreadable?: ChainEnd;
};

export type ChainFile =
  | {
      readonly ok: true;
      readonly after: ChainEnd;
      readonly end: ChainEnd;
      readonly links: readonly Link[];
      /** Lines that only repeat the one before: a write of which nobody knew that it had happened. */
      readonly repeated: number;
      /** What is wrong with where it ends; undefined when nothing is. */
      readonly endFault: string | undefined;
    }
  | { readonly ok: false; readonly line: number; readonly fault: string };

/** Reads a file and proves its links up to the first that fails. Never throws. */
export function readChainFile(text: string): ChainFile {
  const opened = openChainFile(text);
  if (opened === undefined)
    return { ok: false, line: 1, fault: "it doesn't begin like an evidence file: expected kind chain, schema 1" };
  const { migration, chain } = opened;
  const after = chain.after ?? chainStart;
  const links: Link[] = [];
  const reader = new LinkReader(migration, after);
  for (const [index, line] of chain.lines.entries()) {
    const link = reader.read(line);
    if (link === undefined) continue;
    links.push({ line: index + 2, ...link });
    if (link.fault !== undefined) break;
  }
  const { end, repeated } = reader;
  return { ok: true, after, end, links, repeated, endFault: endFaultOf(chain.end, end) };
}

/** What a file says it holds, before anything of it is proved; undefined where it doesn't begin like one. */
export function openChainFile(
  text: string,
): { readonly migration: AuditSubject; readonly chain: KeptChain } | undefined {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const head = readWhole(headSchema, lines[0]);
  if (head === undefined) return undefined;
  const foot = readWhole(footSchema, lines.at(-1));
  const body = lines.slice(1, foot === undefined ? undefined : -1);
  return { migration: head.migration, chain: { after: head.after, end: foot ?? null, lines: body } };
}

/** Proves links one after the other: each line against the one before. */
export class LinkReader {
  /** What the next line has to follow. */
  end: ChainEnd;
  repeated = 0;
  readonly #migration: AuditSubject;
  #last: string | undefined;

  constructor({ namespace, name, uid }: AuditSubject, after: ChainEnd) {
    this.#migration = { namespace, name, uid };
    this.end = after;
  }

  /** Undefined for a line that only repeats the one before. After a fault nothing that follows is proved. */
  read(line: string): Omit<Link, "line"> | undefined {
    if (line === this.#last) {
      this.repeated += 1;
      return undefined;
    }
    this.#last = line;
    const link = readLink(line, this.end, this.#migration);
    if (link.unreadable !== undefined) this.end = link.unreadable;
    else if (link.fault === undefined) this.end = { seq: link.seq, hash: link.record?.hash ?? "" };
    return link;
  }
}

function readLink(line: string, due: ChainEnd, migration: AuditSubject): Omit<Link, "line"> {
  const seq = due.seq + 1;
  const parsed = parseJson(line);
  const shaped = recordSchema.safeParse(parsed);
  if (!shaped.success) {
    const bare = linkSchema.safeParse(parsed);
    const record = parsed as AuditRecord;
    if (bare.success && (alteration(record, line) ?? misplacement(record, due, migration)) === undefined)
      return { seq, record: undefined, fault: "it holds what this version can't read", unreadable: endOf(bare.data) };
    const where =
      parsed === undefined
        ? "it can't be read as JSON"
        : `its field ${shaped.error.issues[0]?.path.join(".")} is not what a record has`;
    return { seq, record: undefined, fault: `${where}: it was altered` };
  }
  const record = parsed as AuditRecord;
  const altered = alteration(record, line);
  if (altered !== undefined) return { seq: record.seq, record, fault: altered };
  return { seq: Math.min(record.seq, seq), record, fault: misplacement(record, due, migration) };
}

function alteration(record: AuditRecord, line: string): string | undefined {
  if (printRecord(record) !== line) return "its text isn't as it was written: it was altered";
  return hashOf(record) === record.hash ? undefined : "its content isn't what its hash says: it was altered";
}

/** Why a record isn't the one that is due. */
function misplacement(record: AuditRecord, due: ChainEnd, migration: AuditSubject): string | undefined {
  const seq = due.seq + 1;
  if (record.seq > seq) return `it is missing: record ${record.seq} stands in its place`;
  if (record.seq < seq) return `it is out of order: record ${seq} is due`;
  if (record.previous !== due.hash)
    return `its field previous isn't the hash of ${due.seq === 0 ? "a beginning" : `record ${due.seq}`}`;
  if (canonicalJson(record.migration) !== canonicalJson(migration))
    return "its field migration isn't what the file's first line says";
  return undefined;
}

function endFaultOf(foot: ChainEnd | null, end: ChainEnd): string | undefined {
  if (foot === null) return "the last line doesn't say where the chain ends: the file was cut off or altered";
  if (foot.seq === end.seq && foot.hash === end.hash) return undefined;
  return `the chain ends with record ${foot.seq}, the file's records with ${end.seq}: records are missing`;
}

/** A line that is exactly the canonical text of what it says. */
function readWhole<T extends z.ZodType>(schema: T, line: string | undefined): z.output<T> | undefined {
  const parsed = schema.safeParse(parseJson(line ?? ""));
  return parsed.success && canonicalJson(parsed.data) === line ? parsed.data : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
