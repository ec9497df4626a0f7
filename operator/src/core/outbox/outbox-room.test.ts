// What is left of an outbox that there is no room for: never more than its share of a status, and never less than has to be.
import type { OutboxMessage } from "@retriever/crds/status/outbox-status.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { bounded } from "./outbox-room.ts";

const at = "2026-03-01T11:00:00.000Z";
const uid = "6f1d4c1e-0000-4000-8000-000000000000";

function aMessage(index: number, more: Partial<OutboxMessage> = {}): OutboxMessage {
  const key = `${uid}/4/Page/Reason${index}/492283`;
  return { key, kind: "Page", text: "x", at, pending: [], failed: [], attempts: 1, nextAttemptAt: at, ...more };
}

const kibibytes = (messages: readonly OutboxMessage[]) => Buffer.byteLength(JSON.stringify(messages)) / 1024;
const indices = (messages: readonly OutboxMessage[]) =>
  messages.map(({ key }) => Number(/Reason(\d+)/.exec(key)?.[1] ?? -1));

/** A status that takes all the room there is, and one that takes little. */
const large = aStatus({ plan: "p".repeat(65_000) });
const small = aStatus();

describe("an outbox", () => {
  it("that there is room for stays as it is, however large the rest of the status", () => {
    const messages = Array.from({ length: 20 }, (_, index) => aMessage(index));
    expect(bounded(messages, large)).toBe(messages);
    const long = messages.map((message) => ({ ...message, text: "y".repeat(700) }));
    expect(bounded(long, small)).toBe(long);
  });

  it("of long messages that everybody has cuts their words first, then loses the oldest", () => {
    const left = bounded(
      Array.from({ length: 50 }, (_, index) => aMessage(index, { text: "y".repeat(1500) })),
      large,
    );
    expect(kibibytes(left)).toBeLessThanOrEqual(8);
    expect(indices(left)).toEqual(Array.from({ length: left.length }, (_, index) => 50 - left.length + index));
    expect([left.length > 20, left[0]?.text]).toEqual([true, `${"y".repeat(119)}…`]);
  });

  it("of long messages that a sink doesn't take cuts their words before it loses one", () => {
    const messages = Array.from({ length: 20 }, (_, index) =>
      aMessage(index, { text: "y".repeat(2000), pending: ["ops"] }),
    );
    const left = bounded(messages, large);
    expect(kibibytes(left)).toBeLessThanOrEqual(8);
    expect(indices(left)).toEqual(indices(messages));
    expect(left[0]?.text).toMatch(/^y{100,}…$/);
  });

  it("keeps what the end repeats longer than what is only told, and the beginning of an incident longest", () => {
    const told = Array.from({ length: 30 }, (_, index) => aMessage(index, { text: "y".repeat(900) }));
    const ramp = aMessage(90, { kind: "PreCutover", text: "y".repeat(900) });
    const open = aMessage(91, { incident: "Page/Blind" });
    const left = bounded([open, ramp, ...told], large);
    expect(left.slice(0, 2)).toEqual([open, ramp]);
    const untold = Array.from({ length: 48 }, (_, index) =>
      aMessage(index, { pending: Array.from({ length: 16 }, (_, sink) => `a-sink-with-a-name-${sink}`) }),
    );
    const most = indices(bounded([open, ramp, ...untold], large));
    expect([most[0], most.includes(90)]).toEqual([91, false]);
  });

  it("of more messages than a status holds keeps what the end repeats longer than what is only told", () => {
    const told = Array.from({ length: 60 }, (_, index) => aMessage(index));
    const left = bounded([aMessage(90, { kind: "Midpoint" }), aMessage(91, { kind: "PreCutover" }), ...told], small);
    expect([left.length, ...indices(left).slice(0, 3)]).toEqual([50, 90, 91, 12]);
  });

  const message = fc.record({
    kind: fc.constantFrom("Page" as const, "Resolved" as const, "Start" as const, "PreCutover" as const),
    text: fc.string({ unit: "binary", maxLength: 2000, size: "max" }),
    incident: fc.option(fc.constantFrom("Page/Blind", "Page/Harm"), { nil: undefined }),
    pending: fc.array(fc.string({ maxLength: 63, size: "max" }), { maxLength: 16, size: "max" }),
  });

  it("of whatever it may hold takes no more than its room, and there is nothing to cut the second time", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60, size: "max" }), fc.boolean(), (drawn, isLarge) => {
        const messages = drawn.map(({ incident, ...more }, index) =>
          aMessage(index, { ...more, ...(incident === undefined ? {} : { incident }) }),
        );
        const status = isLarge ? large : small;
        const left = bounded(messages, status);
        expect(kibibytes(left)).toBeLessThanOrEqual(isLarge ? 8.01 : 32.01);
        expect(bounded(left, status)).toEqual(left);
      }),
      { numRuns: 15 },
    );
  });
});
