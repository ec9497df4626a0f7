// Acts without a Promote: a person is asked again for new evidence.
import { describe, expect, it } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { withoutPromote } from "./without-promote.ts";

const unpromoted = { paused: true, seen: ["act-1"], retriedBy: "grace" };

describe("acts without a Promote", () => {
  it("keep everything else", () => {
    expect(withoutPromote(aStatus({ acts: { ...unpromoted, promotedBy: "ada" } }))).toStrictEqual({ acts: unpromoted });
    expect(withoutPromote(aStatus({ acts: unpromoted }))).toStrictEqual({ acts: unpromoted });
  });

  it("are none where there were none", () => {
    expect(withoutPromote(aStatus())).toStrictEqual({});
  });
});
