// Who has the target.

import { planHash } from "@retriever/crds/spec/plan.ts";
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration } from "#test/builders/world.ts";
import { rivalOf, rolledBackBefore } from "./claims.ts";

const probing = aMigration().in("Preflight").build();

describe("claims", () => {
  const claim = (
    more: Partial<{ uid: string; createdAt: number; phase: Phase; accepted: boolean; settled: boolean }>,
  ) => ({
    name: "other",
    uid: "other",
    createdAt: probing.meta.createdAt,
    phase: "Pending" as Phase,
    accepted: false,
    settled: false,
    ...more,
  });
  it.each([
    ["created earlier", { createdAt: 0 }, true],
    ["created later", { createdAt: 9e12 }, false],
    ["created later but accepted", { createdAt: 9e12, accepted: true, phase: "Guard" }, true],
    ["created at the same time, lower uid", { uid: "a" }, true],
    ["created at the same time, higher uid", { uid: "z" }, false],
    ["rolled back", { createdAt: 0, accepted: true, phase: "RolledBack" }, false],
    ["validated", { createdAt: 0, accepted: true, phase: "Validated" }, false],
    ["completed, not settled", { accepted: true, phase: "Completed" }, true],
    ["completed and settled", { accepted: true, phase: "Completed", settled: true }, false],
  ] as const)("%s", (_name, more, isRival) => {
    expect(rivalOf(probing.meta, aSpec(), [claim(more)]) !== undefined).toBe(isRival);
  });
});

it("no claim of a plan that was rolled back is known while claims can't be read, or of another plan or phase", () => {
  const plan = aSpec();
  const hash = planHash(plan);
  const claim = (more: object) => ({
    name: "a",
    uid: "a",
    createdAt: 0,
    phase: "RolledBack",
    accepted: true,
    settled: true,
    planHash: hash,
    ...more,
  });
  const before = (claims: unknown) => rolledBackBefore(plan, { claims } as never)?.name;
  expect(before({ ok: true, value: [claim({ planHash: "other" }), claim({ name: "b" })] })).toBe("b");
  expect(before({ ok: true, value: [claim({ planHash: "other" }), claim({ phase: "Completed" })] })).toBeUndefined();
  expect(before({ ok: false, why: "timed out" })).toBeUndefined();
});
