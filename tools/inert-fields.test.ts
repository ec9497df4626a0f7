// What the pages call not acted on, against the sources: whoever makes it act has to say so in crds/src/inert-fields.ts.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inertFields, unansweredChecks } from "../crds/src/inert-fields.ts";
import { migrationSpecSchema } from "../crds/src/migration-spec.ts";
import { judgeCheck } from "../operator/src/core/checklist.ts";
import type { Context } from "../operator/src/core/context.ts";

type CheckName = Parameters<typeof judgeCheck>[1];
const checkNames = Object.keys(migrationSpecSchema.shape.checklist.unwrap().shape) as CheckName[];
const root = join(import.meta.dirname, "..");
const sources = globSync("operator/src/**/*.ts", { cwd: root })
  .filter((file) => !file.endsWith(".test.ts") && !file.includes("/rehearse/"))
  .map((file) => readFileSync(join(root, file), "utf8"))
  .join("\n");

/** What the operator's sources would say if they acted on it. */
const traces: Readonly<Record<string, RegExp>> = {
  "spec.requestedBy": /\brequestedBy\b/,
  "spec.cutover.freezeDeploys": /\bfreezeDeploys\b/,
  "spec.guard.then": /"RepointShadow"/,
  "spec.guard.next": /\bguard\.next\b/,
  "spec.rollback.immediateWindow": /\bimmediateWindow\b/,
  "spec.rollback.integrity": /\brollback\.integrity\b/,
  "spec.communications.sinks": /\bcommunications\.sinks\b/,
  "spec.communications.postmortemDue": /\bpostmortemDue\b/,
  "spec.metrics.source": /^(?![\s\S]*other sources are not implemented yet)/,
};

/** A check that asks for more than the plan and the probes is one that somebody answers. */
function isAnswered(name: CheckName): boolean {
  const plan = migrationSpecSchema.parse({
    target: { name: "search-api" },
    destination: { kind: "qdrant", url: "https://qdrant.search.svc:6333", collection: "chunks" },
  });
  const reachable = { status: "True", reason: "AllPodsReached", message: "" };
  try {
    return judgeCheck({ plan, reachable } as unknown as Context, name).reason !== "NotImplemented";
  } catch {
    return true;
  }
}

describe("what is called not acted on", () => {
  it.each(Object.keys(inertFields))("%s leaves no trace in the operator", (path) => {
    expect(traces[path]).toBeDefined();
    expect(traces[path]?.test(sources)).toBe(false);
  });

  it("and the checks that nobody answers are exactly those", () => {
    expect(checkNames.filter((name) => !isAnswered(name))).toEqual(unansweredChecks);
  });
});
