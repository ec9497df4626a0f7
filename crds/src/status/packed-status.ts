// How a large status is stored: what it knows of processes and lines of harm as text, a third as long. A small one is stored
// as it is read. A version that doesn't know the texts refuses their fields, and leaves the status alone.

import type { MigrationStatus } from "./migration-status.ts";
import { packLines, unpackLines } from "./packed-lines.ts";
import { packProcesses, unpackProcesses } from "./packed-processes.ts";

type Detection = NonNullable<MigrationStatus["detection"]>;
type Evidence = NonNullable<MigrationStatus["evidence"]>;

/** What evidence and detection may take written out: with the rest of a status some 52 KiB, of 64. */
const plainLength = 32 * 1024;

/** The status as it is stored; the same object where there is room for it. */
export function packStatus(status: MigrationStatus): unknown {
  const { detection, evidence } = status;
  const size = [detection, evidence].reduce((sum, part) => sum + (JSON.stringify(part) ?? "").length, 0);
  if (size <= plainLength) return status;
  return {
    ...status,
    ...(evidence === undefined ? {} : { evidence: packEvidence(evidence) }),
    ...(detection === undefined ? {} : { detection: packDetection(detection) }),
  };
}

/** A stored status as it is read, whatever it holds. What can't be unpacked makes it unreadable, never a smaller one. */
export function unpackStatus(stored: unknown): unknown {
  if (!isObject(stored)) return stored;
  const { detection, evidence } = stored as { readonly detection?: unknown; readonly evidence?: unknown };
  if (!isObject(detection) && !isObject(evidence)) return stored;
  return {
    ...stored,
    ...(isObject(evidence) ? { evidence: unpackEvidence(evidence) } : {}),
    ...(isObject(detection) ? { detection: unpackDetection(detection) } : {}),
  };
}

function packDetection({ lines, ...rest }: Detection): unknown {
  return { ...rest, packedLines: packLines(lines, rest.until) };
}

function unpackDetection(stored: object): unknown {
  const { packedLines, ...rest } = stored as { readonly packedLines?: unknown; readonly until?: unknown };
  if (typeof packedLines !== "string") return stored;
  return { ...rest, lines: unpacked(() => unpackLines(packedLines, String(rest.until))) };
}

function packEvidence({ groups, ...rest }: Evidence): unknown {
  const recordedSeconds = secondsOf(rest.recordedAt);
  return {
    ...rest,
    groups: groups.map(({ processes, ...weights }) => ({
      ...weights,
      packedProcesses: packProcesses(processes, recordedSeconds),
    })),
  };
}

function unpackEvidence(stored: object): unknown {
  const { groups, recordedAt } = stored as { readonly groups?: unknown; readonly recordedAt?: unknown };
  if (!Array.isArray(groups)) return stored;
  const recordedSeconds = secondsOf(String(recordedAt));
  return { ...stored, groups: groups.map((group: unknown) => unpackGroup(group, recordedSeconds)) };
}

function unpackGroup(stored: unknown, recordedSeconds: number): unknown {
  if (!isObject(stored)) return stored;
  const { packedProcesses, ...weights } = stored as { readonly packedProcesses?: unknown };
  if (typeof packedProcesses !== "string") return stored;
  return { ...weights, processes: unpacked(() => unpackProcesses(packedProcesses, recordedSeconds)) };
}

/** Null, which no schema takes for a list, where the text can't be read. */
function unpacked<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function secondsOf(instant: string): number {
  const ms = Date.parse(instant);
  return Number.isFinite(ms) ? Math.floor(ms / 1000) : 0;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
