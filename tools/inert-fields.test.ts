// What the pages call not acted on, against the sources: whoever makes it act has to say so in crds/src/inert-fields.ts.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inertFields, unansweredChecks } from "../crds/src/inert-fields.ts";
import { migrationSpecSchema } from "../crds/src/migration-spec.ts";
import { migrationStatusSchema } from "../crds/src/migration-status.ts";
import { assess } from "../operator/src/core/assess.ts";
import { judgeCheck } from "../operator/src/core/checks/checklist.ts";

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
  "spec.guard.then": /"RepointShadow"/,
  "spec.guard.next": /\bguard\.next\b/,
  "spec.rollback.immediateWindow": /\bimmediateWindow\b/,
  "spec.rollback.integrity": /\brollback\.integrity\b/,
  "spec.communications.sinks": /\bcommunications\.sinks\b/,
  "spec.communications.postmortemDue": /\bpostmortemDue\b/,
  "spec.metrics.source": /^(?![\s\S]*other sources are not implemented yet)/,
};

const spec = migrationSpecSchema.parse({
  target: { name: "search-api" },
  destination: { kind: "qdrant", url: "https://qdrant.search.svc:6333", collection: "chunks" },
});
const unread = { ok: false, why: "nobody looked" } as const;

/** A migration of which nothing was seen: an answered check is Unknown then, but not for want of somebody to make it. */
const unseen = assess(
  {
    meta: {
      namespace: "search",
      name: "docs-to-qdrant",
      uid: "6f1d4c1e-0000-4000-8000-000000000000",
      generation: 1,
      resourceVersion: "1",
      createdAt: 0,
      deleting: false,
      finalizers: [],
    },
    spec: { ok: true, value: spec },
    status: migrationStatusSchema.parse({}),
  },
  spec,
  { at: 0, target: unread, overlay: unread, pods: unread, claims: unread, acts: unread },
  0,
);

function isAnswered(name: CheckName): boolean {
  return judgeCheck(unseen, name).reason !== "NotImplemented";
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
