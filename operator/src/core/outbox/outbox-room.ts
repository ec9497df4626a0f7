// How much room the outbox has in a status, and what goes where that isn't enough: what everybody has, then long words, then
// the oldest; the last word on an incident last.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { isLastWord, type OutboxMessage } from "@retriever/crds/status/outbox-status.ts";
import { packStatus } from "@retriever/crds/status/packed-status.ts";

/** As many as the status holds. */
const mostMessages = 50;
/** What a status may take as it is stored, but for what is added to it after the outbox. */
const mostStatusBytes = 63 * 1024;
/** Whatever else the status holds there is room for so much, and never for more than that. */
const [leastRoom, mostRoom] = [8 * 1024, 32 * 1024];
/** Texts are cut to the first of these that is short enough, characters. */
const cuts = [1000, 500, 250, 120] as const;

const encoder = new TextEncoder();

type IsKept = (message: OutboxMessage) => boolean;

/** The messages of a status for which there is room. The same ones where there is enough for all. */
export function bounded(messages: readonly OutboxMessage[], status: MigrationStatus): readonly OutboxMessage[] {
  const words = new Set(messages.filter((message) => isLastWord(message, messages)).map(({ key }) => key));
  const isStanding: IsKept = ({ key, ...message }) =>
    words.has(key) && (message.kind !== "Resolved" || message.pending.length > 0);
  const isOwed: IsKept = (message) => isStanding(message) || message.pending.length > 0;
  const isKept: IsKept = (message) => isOwed(message) || isReferred(message);
  const inOrder = [isKept, isOwed, isStanding, () => false];
  const few = inOrder.reduce((left, isKept) => without(left, isKept, () => 1, mostMessages), messages);
  if (bytesOf(few) <= leastRoom) return few;
  const room = roomIn(status);
  const told = shortened(few, (message) => !isKept(message), room);
  const shorter = shortened(without(told, isKept, sizeOf, room), () => true, room);
  return inOrder.reduce((left, isKept) => without(left, isKept, sizeOf, room), shorter);
}

/** What the rest of a status leaves. */
function roomIn({ outbox: _outbox, ...rest }: MigrationStatus): number {
  const taken = encoder.encode(JSON.stringify(packStatus(rest))).length;
  return Math.min(mostRoom, Math.max(leastRoom, mostStatusBytes - taken));
}

/** Later messages go by it: the middle is told once, and the end repeats what the gates said. */
function isReferred({ kind }: OutboxMessage): boolean {
  return kind === "Midpoint" || kind === "PreCutover";
}

/** Without the oldest that aren't kept, until what is left is no more than `most`. */
function without(
  messages: readonly OutboxMessage[],
  isKept: IsKept,
  sizeOf: (message: OutboxMessage) => number,
  most: number,
): readonly OutboxMessage[] {
  let surplus = messages.reduce((sum, message) => sum + sizeOf(message), 0) - most;
  if (surplus <= 0) return messages;
  return messages.filter((message) => {
    if (surplus <= 0 || isKept(message)) return true;
    surplus -= sizeOf(message);
    return false;
  });
}

/** With the longest of these texts cut, all to one length. */
function shortened(
  messages: readonly OutboxMessage[],
  mayCut: (message: OutboxMessage) => boolean,
  room: number,
): readonly OutboxMessage[] {
  let cut = messages;
  for (const length of cuts) {
    if (bytesOf(cut) <= room) return cut;
    const isLong = (message: OutboxMessage): boolean => message.text.length > length && mayCut(message);
    cut = messages.map((message) => (isLong(message) ? { ...message, text: cutTo(message.text, length) } : message));
  }
  return cut;
}

function cutTo(text: string, length: number): string {
  return `${text.slice(0, length - 1).toWellFormed()}…`;
}

/** As it is stored, with what stands between two. */
function sizeOf(message: OutboxMessage): number {
  return encoder.encode(JSON.stringify(message)).length + 1;
}

function bytesOf(messages: readonly OutboxMessage[]): number {
  return messages.reduce((sum, message) => sum + sizeOf(message), 0);
}
