// The alert and its second witness as the chart ships them, on series made for them; and the page that explains the rules.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findBinaries } from "#support/prometheus/binaries.ts";
import { shipped } from "#support/prometheus/rules.ts";
import { judgeRules } from "./rule-tool.ts";

const page = join(import.meta.dirname, "../../../docs/alerts.md");
const place = 'namespace="search",target="search-api"';
const ofPlace = { namespace: "search", target: "search-api", severity: "critical" };
const binaries = findBinaries();
const missing = "missing" in binaries ? binaries.missing : undefined;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retriever-rules-"));
});
afterEach(() => rm(folder, { recursive: true }));

type Case = {
  readonly series: Readonly<Record<string, string>>;
  readonly expected: readonly Readonly<Record<string, string>>[];
  readonly minutes?: number;
};

function judge(alert: string, { series, expected, minutes = 40 }: Case): Promise<string> {
  if ("missing" in binaries) throw new Error(binaries.missing);
  return judgeRules(binaries, folder, { series, alert, expected, minutes });
}

const lineAt = (line: string, slice = "all") => `${place},name="docs",line="${line}",slice="${slice}"`;

describe.skipIf(missing !== undefined)("RETR_DUAL_VARIANCE_HIGH as it is shipped", () => {
  const stands = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(values).map(([line, value]) => [`retriever_migration_harm_stands{${lineAt(line)}}`, value]),
    );
  const fired = (line: string, slice = "all") => ({ ...ofPlace, name: "docs", line, slice, evidence: "operator" });

  it("fires for every line whose evidence stands, at once, and for no other", async () => {
    const series = {
      ...stands({ score: "0x39 1x20", latency: "0x60", mismatch: "1x60" }),
      [`retriever_migration_harm_stands{${lineAt("score", "3")}}`]: "1x60",
    };
    const expected = [fired("mismatch"), fired("score"), fired("score", "3")];
    expect(await judge("RETR_DUAL_VARIANCE_HIGH", { series, expected })).toBe("as expected");
  });

  it("fires by nothing that the sidecars count", async () => {
    const series = {
      ...stands({ score: "0x60" }),
      [`retr_dual_answered_total{${place}}`]: "0+100x60",
      [`retr_dual_score_worse_total{${place}}`]: "0+100x60",
    };
    expect(await judge("RETR_DUAL_VARIANCE_HIGH", { series, expected: [] })).toBe("as expected");
  });
});

describe.skipIf(missing !== undefined)("RETR_DUAL_VARIANCE_SIDECARS as it is shipped", () => {
  /** What two pods count each minute. */
  const counted = (perMinute: Readonly<Record<string, number>>) =>
    Object.fromEntries(
      Object.entries({ answered: 100, ...perMinute }).flatMap(([name, rise]) =>
        ["a", "b"].map((pod) => [`retr_dual_${name}_total{${place},pod="${pod}"}`, `0+${rise}x2000`]),
      ),
    );
  /** The plan's limits, as an operator tells them that is gone after half an hour. */
  const limits = (of: Readonly<Record<string, number>>) =>
    Object.fromEntries(
      Object.entries(of).map(([line, limit]) => [
        `retriever_migration_harm_limit{${lineAt(line)}}`,
        `${limit}x30 _x2000`,
      ]),
    );
  const fired = (...causes: string[]) => causes.map((cause) => ({ ...ofPlace, cause, evidence: "sidecars" }));

  it.each([
    ["ten points over the plan's limit", { score: 0.15 }, { score_worse: 26 }, fired("score-delta")],
    ["less than that over it", { score: 0.15 }, { score_worse: 24 }, []],
    ["late answers over a limit of 5 %", { latency: 0.05 }, { latency_worse: 16 }, fired("latency-delta")],
    ["other top chunks within what the baseline allows", { mismatch: 0.3 }, { mismatch: 39 }, []],
    ["other top chunks above it", { mismatch: 0.3 }, { mismatch: 41 }, fired("mismatch")],
    ["more than 25 % and no known limit", {}, { mismatch: 26 }, fired("mismatch")],
    ["25 % and no known limit", {}, { mismatch: 25 }, []],
    ["two causes", {}, { score_worse: 90, latency_worse: 90 }, fired("latency-delta", "score-delta")],
    ["a line that the plan gives no limit but 100 %", { score: 1 }, { score_worse: 100 }, []],
    ["everything bad in fewer than 50 samples", {}, { answered: 1, score_worse: 1 }, []],
    ["a failing old store", {}, { shadow_errors: 90 }, []],
  ] as [string, Record<string, number>, Record<string, number>, Case["expected"]][])(
    "with %s",
    async (_, of, perMinute, expected) => {
      const series = { ...limits(of), ...counted(perMinute) };
      expect(await judge("RETR_DUAL_VARIANCE_SIDECARS", { series, expected })).toBe("as expected");
    },
  );

  it("knows the plan's limit for a day after the operator's last word, and fires with no operator at all", async () => {
    const series = { ...limits({ score: 0.3 }), ...counted({ score_worse: 35 }) };
    const asked = (minutes: number, expected: Case["expected"]) =>
      judge("RETR_DUAL_VARIANCE_SIDECARS", { series, expected, minutes });
    expect(await asked(24 * 60, [])).toBe("as expected");
    expect(await asked(25 * 60, fired("score-delta"))).toBe("as expected");
  });

  it("fires no sooner than its condition held for 5 minutes", async () => {
    const series = counted({ score_worse: 50 });
    const asked = (minutes: number, expected: Case["expected"]) =>
      judge("RETR_DUAL_VARIANCE_SIDECARS", { series, expected, minutes });
    expect(await asked(5, [])).toBe("as expected");
    expect(await asked(8, fired("score-delta"))).toBe("as expected");
  });
});

describe("docs/alerts.md", () => {
  it("has a heading for every alert that is shipped, and for no other", async () => {
    const alerts = [...(await readFile(shipped, "utf8")).matchAll(/- alert: (\S+)/g)].map(([, name]) => name);
    const headings = [...(await readFile(page, "utf8")).matchAll(/^### (\S+)$/gm)].map(([, name]) => name);
    expect(new Set(headings)).toEqual(new Set(alerts));
  });
});
