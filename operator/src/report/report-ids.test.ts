import { expect, test } from "vitest";
import { printRecord } from "#core/status/audit-record.ts";
import { withoutIds } from "#core/verification/describe-result.ts";
import { aChain, aDraft, subject } from "#test/builders/evidence.ts";
import { boundedReport } from "./bounded-report.ts";
import { readReport } from "./read-report.ts";

const at = "2026-01-01T00:00:00.000Z";
const ids = ["secret-1", "secret-2\u202e", "secret-3", "secret-4"];
const quoted = `3 chunks differ: 3 missing; e.g. ${ids.slice(0, 3).join(", ")}`;

function run(number: number, chunks: readonly string[]) {
  const result = { outcome: "Unknown", reason: "Drift", message: quoted, at, ids: chunks };
  return { purpose: "Preflight", number, job: "verify-1", askedAt: at, result };
}

function decision(set: object) {
  return aDraft({
    kind: "decision",
    statusWritten: true,
    input: { form: "digest", sha256: "0".repeat(64) },
    actors: [{ act: "Abort", actor: "user-b", reason: quoted }],
    decision: {
      status: { set, unset: [] },
      effects: [],
      announcements: [{ type: "Warning", reason: "Drift", message: quoted, severity: "page" }],
    },
  } as never);
}

const verification = { asked: 1, runs: [run(1, ids)] };
const revision = { epoch: 5, primary: "source", shadow: "none", sampleRate: 0, released: false, at };
const causes = [quoted, quoted.slice(0, -20)];
const rollback = { at, from: "Guard", reason: "Drift", causes, actor: null };

test.each([
  ["that waits in its preflight", { phase: "Preflight", message: quoted, verification }],
  ["that was rolled back", { phase: "RolledBack", message: quoted, verification, rollback, revision }],
])("ids of chunks stand in no form of the report of a migration %s", (_state, status) => {
  // The comparison has left the status by the second record; what quotes it hasn't.
  const records = aChain([decision(status), decision({ verification: undefined })]);
  const chain = { after: { seq: 0, hash: "" }, end: records.at(-1) ?? null, lines: records.map(printRecord) };
  const report = readReport(subject, chain);
  if (report === undefined) throw new Error("no report");
  expect(report.result.phase).toBe(status.phase);
  expect(report.comparisons).toHaveLength(1);
  expect(report.result.message).toBe("3 chunks differ: 3 missing");
  expect(Object.values(boundedReport(report)).join("\n")).not.toContain("secret-");
});

test("ids that begin with another comparison's ids leave none of them", () => {
  const runs = [run(1, ["a"]), run(2, ["a", "b"])] as never;
  expect(withoutIds("1 differs; e.g. a, b; report in ConfigMap x", runs)).toBe("1 differs; report in ConfigMap x");
  expect(withoutIds("1 differs; e.g. a, …", runs)).toBe("1 differs");
});
