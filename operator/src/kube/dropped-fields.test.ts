import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { droppedFields } from "./dropped-fields.ts";

describe("fields that an API server dropped", () => {
  test("are named by their outermost path, inside lists too", () => {
    const sent = { phase: "Guard", guard: { idle: 1, seen: { at: 2 } }, gates: [{ gate: "score", n: 1 }] };
    const kept = { phase: "Guard", guard: { idle: 1 }, gates: [{ gate: "score" }] };
    expect(droppedFields(sent, kept, "status")).toEqual(["status.guard.seen", "status.gates.0.n"]);
  });

  test("are none where everything is kept, whatever the server added or changed", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(droppedFields({ value }, { value, more: 1 }, "status")).toEqual([]);
      }),
    );
    expect(droppedFields({ at: "1s", gone: undefined }, { at: "1.0s" }, "status")).toEqual([]);
  });

  test("are five at most", () => {
    const sent = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`f${index}`, index]));
    expect(droppedFields(sent, {}, "status")).toHaveLength(5);
  });
});
