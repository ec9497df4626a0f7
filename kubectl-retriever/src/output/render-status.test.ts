import { stripVTControlCharacters } from "node:util";
import type { Verdict } from "@retriever/crds/status/migration-status.ts";
import type { OutboxMessage } from "@retriever/crds/status/outbox-status.ts";
import { aCondition, aPlanText, aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import { describe, expect, test } from "vitest";
import { viewMigration } from "./migration-view.ts";
import { renderLine, renderStatus } from "./render-status.ts";

const now = Date.parse("2026-01-01T12:00:00Z");
const wide = { columns: 120, rows: 50, color: false };

function aGate(gate: string, more: Partial<Verdict> = {}): Verdict {
  return {
    gate,
    verdict: "Pass",
    value: 0.009,
    interval: [0.006, 0.012],
    n: 5166,
    limit: 0.05,
    windowSeconds: 300,
    message: "",
    ...more,
  };
}

const ramping = aStatus({
  phase: "Ramp",
  phaseStartedAt: "2026-01-01T11:19:00Z",
  message: "latency gate is undecided; 1,134 samples to go",
  epoch: 7,
  plan: aPlanText(),
  revision: {
    epoch: 7,
    primary: "source",
    shadow: "destination",
    sampleRate: 0.05,
    released: false,
    at: "2026-01-01T11:19:00Z",
  },
  stage: { index: 1, count: 3, sampleRate: 0.05, startedAt: "2026-01-01T11:19:02Z" },
  acks: { pods: 12, matched: 12, lagging: [], lost: [] },
  gates: [
    aGate("scoreDelta"),
    aGate("latencyDelta", { verdict: "NotYet", value: 0.046, interval: [0.04, 0.052] }),
    aGate("mismatch", { value: null, interval: null, n: 0, verdict: "Unknown", limit: 0.2 }),
    aGate("shadowErrors", { value: 0, interval: [0, 0.0007], limit: 0.001 }),
  ],
  conditions: [aCondition("Ready", "True"), aCondition("RollbackReady", "True", "the source answers and is as fresh")],
  skippedChecks: ["parity", "alerts"],
});

describe("the status of a migration", () => {
  test("that is being checked says what the plan asks and leaves out, and who decided it", () => {
    const checklist = [
      { check: "parity", policy: "Require", from: "Profile" },
      { check: "approvals", policy: "Require", from: "Policy" },
      { check: "window", policy: "Skip", from: "Manifest" },
      { check: "staging", policy: "Skip", from: "Profile" },
    ] as const;
    const checked = aStatus({ phase: "Preflight", checklist: [...checklist], skippedChecks: ["window", "staging"] });
    const lines = renderStatus(viewMigration(aRawMigration(checked)), now, wide);
    expect(lines.filter((line) => line.includes("checks"))).toEqual([
      "REQUIRED       checks     parity (profile), approvals (policy)",
      "SKIPPED        checks     window, staging (profile)",
    ]);
  });

  test("in the ramp shows stage, reason, gates, rollback path and configuration", () => {
    expect(renderStatus(viewMigration(aRawMigration(ramping)), now, wide)).toEqual([
      "docs-to-qdrant   Ramp, stage 2 of 3 at 5 %   serving pgvector   Ready   41m in phase   pgvector -> qdrant",
      "Not further because: latency gate is undecided; 1,134 samples to go",
      "PROGRESS       2 of 3     40m58s of 45m, 4m2s left at least",
      "",
      "GATE                   BAD     95 % INTERVAL   LIMIT   N       VERDICT",
      "score worse by > 0.2   0.9 %   0.6 - 1.2 %     5 %     5,166   pass",
      "slower by >= 80 ms     4.6 %   4 - 5.2 %       5 %     5,166   not yet",
      "other top result       -       -               20 %    0       unknown",
      "shadow errors          0 %     0 - 0.07 %      0.1 %   5,166   pass",
      "",
      "ROLLBACK PATH  ready      the source answers and is as fresh",
      "CONFIG         epoch 7    12 of 12 pods confirmed, serving pgvector, shadow at 5 %",
      "SKIPPED        checks     parity, alerts",
    ]);
  });

  test("names its cluster and namespace before anything else would be left out for want of room", () => {
    const canvas = { ...wide, cluster: "prod-eu (https://api)" };
    const view = viewMigration(aRawMigration(ramping));
    expect(renderStatus(view, now, canvas)[1]).toBe("in namespace search of prod-eu (https://api)");
    expect(renderStatus(view, now, { ...canvas, rows: 6 })[1]).toBe("in namespace search of prod-eu (https://api)");
    expect(renderStatus(view, now, { ...canvas, rows: 3 }).join("\n")).not.toContain("prod-eu");
  });

  test("in the guard shows the three clocks, lagging pods and found harm", () => {
    const guarded = aStatus({
      ...ramping,
      phase: "Guard",
      gates: [],
      message: "the guard runs",
      revision: {
        epoch: 9,
        primary: "destination",
        shadow: "source",
        sampleRate: 0.05,
        released: false,
        at: "2026-01-01T11:19:00Z",
      },
      epoch: 9,
      acks: { pods: 12, matched: 10, lagging: ["search-api-3"], lost: ["search-api-7"] },
      guard: {
        startedAt: "",
        tickedAt: "",
        visibility: "watched",
        watchedSeconds: 7500,
        idleSeconds: 60,
        unobservedSeconds: 0,
      },
      harm: { causes: ["latency delta over 80 ms in 97 % of 630 samples"], stepDowns: 0 },
      conditions: [aCondition("RollbackReady", "False", "the base names another store")],
      skippedChecks: [],
    });
    expect(renderStatus(viewMigration(aRawMigration(guarded)), now, wide).slice(2)).toEqual([
      "PROGRESS       8 %        21h55m of watched time left",
      "",
      "ROLLBACK PATH  NOT READY  the base names another store",
      "CONFIG         epoch 9    10 of 12 pods confirmed, serving qdrant, shadow at 5 %",
      "LAGGING        2          search-api-3, on lost nodes: search-api-7",
      "GUARD          clocks     watched 2h5m of 24h, idle 1m, unobserved 0s",
      "HARM           found      latency delta over 80 ms in 97 % of 630 samples",
    ]);
  });

  test("of a fleet with two laggards shows who they are, and where they are", () => {
    const at = { primary: "destination", shadow: "source", sampleRate: 0.05, released: false } as const;
    const fenced = ["search-api-3", "search-api-7"];
    const fleet = aStatus({
      ...ramping,
      phase: "Guard",
      gates: [],
      message: "guarding: 20h of watched time are left",
      revision: { ...at, epoch: 9, at: "2026-01-01T11:19:00Z", activationDeadline: "2026-01-01T11:20:00Z" },
      epoch: 9,
      acks: { pods: 40, matched: 38, lagging: [], lost: [], fenced },
      cutover: { fenced: fenced.map((name) => ({ name, uid: `uid-${name}` })), fencedPods: 2 },
      skippedChecks: [],
    });
    const lines = renderStatus(viewMigration(aRawMigration(fleet)), now, { ...wide, columns: 200 });
    expect(lines).toContain("CONFIG         epoch 9    38 of 40 pods confirmed, serving qdrant, shadow at 5 %");
    expect(lines).toContain(
      "FENCED         2          search-api-3, search-api-7: missed the cutover's deadline and serve the source; restart them to follow",
    );
  });

  test("after a rollback names phase, reason, causes and who asked", () => {
    const back = aStatus({
      phase: "RolledBack",
      message: "all pods serve the source",
      rollback: {
        at: "2026-01-01T11:00:00Z",
        from: "Guard",
        reason: "Requested",
        causes: ["asked for"],
        actor: "user-a",
      },
      acts: {
        paused: false,
        seen: [],
        latched: { act: "Rollback", actor: "user-a", reason: "slow", at: "2026-01-01T11:00:00Z" },
      },
      conditions: [aCondition("Stalled", "True")],
    });
    expect(renderStatus(viewMigration(aRawMigration(back)), now, wide)).toEqual([
      "docs-to-qdrant   RolledBack   Stalled   pgvector -> qdrant",
      "Result: all pods serve the source",
      "ROLLBACK       from Guard Requested; asked for; asked by user-a",
      "ASKED          Rollback   by user-a: slow",
    ]);
  });

  test("after a rollback says its cause once, and what is left, within a small terminal", () => {
    const cause = "slower by 80 ms or more than the source: 100 % of 8831 samples since 2026-01-01T11:00:00Z";
    const message = `rolled back: every pod serves from the source again. Cause: RETR_DUAL_VARIANCE_HIGH: ${cause}`;
    const back = aStatus({ phase: "RolledBack", message, conditions: [aCondition("Settled", "False", message)] });
    const lines = renderStatus(viewMigration(aRawMigration(back)), now, { columns: 80, rows: 24, color: false });
    expect(lines.filter((line) => line.includes("rolled back"))).toHaveLength(1);
    expect(lines.at(-1)).toBe("LEFT           Settled    as the result says");
  });

  test("names who approved, what was waived and why, and what nobody outside has been told yet", () => {
    const message = (kind: OutboxMessage["kind"], more: Partial<OutboxMessage>): OutboxMessage => ({
      key: `uid/1/${kind}`,
      kind,
      text: "x",
      at: "",
      pending: [],
      failed: [],
      attempts: 0,
      nextAttemptAt: "",
      ...more,
    });
    const waiting = aStatus({
      phase: "AwaitingApproval",
      message: "waiting for approval: needs sre 1 of 2",
      acts: {
        paused: false,
        seen: [],
        approvals: [{ role: "sre", actor: "ada", at: "", until: "" }],
        waived: [{ check: "parity", actor: "grace", reason: "counted by hand", at: "" }],
      },
      outbox: [
        message("Start", {}),
        message("PreCutover", { pending: ["chat"], attempts: 1, lastError: "chat: HTTP 503" }),
        message("Rollback", { failed: ["mail", "chat"], attempts: 15 }),
        message("PostmortemDue", { pending: ["chat", "mail"] }),
      ],
    });
    expect(renderStatus(viewMigration(aRawMigration(waiting)), now, wide)).toEqual([
      "docs-to-qdrant   AwaitingApproval   pgvector -> qdrant",
      "Not further because: waiting for approval: needs sre 1 of 2",
      "APPROVED       by         ada (sre)",
      "WAIVED         parity     by grace: counted by hand",
      "OUTBOX         waiting    PreCutover; waiting for chat; 1 try; chat: HTTP 503",
      "OUTBOX         GIVEN UP   Rollback; given up for mail, chat; 15 tries",
      "OUTBOX         waiting    PostmortemDue; waiting for chat, mail",
    ]);
  });

  test("without any status yet is one line", () => {
    expect(renderStatus(viewMigration(aRawMigration()), now, wide)).toEqual([
      "docs-to-qdrant   Pending   source -> qdrant",
    ]);
  });

  test("on a small terminal leaves out the least important and never exceeds it", () => {
    for (let rows = 1; rows <= 30; rows += 1) {
      for (const columns of [20, 40, 80]) {
        const lines = renderStatus(viewMigration(aRawMigration(ramping)), now, { columns, rows, color: false });
        expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
        expect(lines[0]).toMatch(/^docs-to-qdrant/);
      }
    }
    const short = renderStatus(viewMigration(aRawMigration(ramping)), now, { ...wide, rows: 6 });
    expect(short.map((line) => line.split(/\s{2}|:/)[0])).toEqual([
      "docs-to-qdrant",
      "Not further because",
      "PROGRESS",
      "ROLLBACK PATH",
      "CONFIG",
    ]);
  });

  test("with twelve gates and long messages has room for them on a tall terminal", () => {
    const gates = Array.from({ length: 12 }, (_, index) => aGate(`gate${index}`));
    const crowded = aStatus({
      ...ramping,
      gates,
      message: "x".repeat(2000),
      acks: { pods: 3, matched: 1, lagging: ["a"], lost: ["b"] },
      guard: {
        startedAt: "",
        tickedAt: "",
        visibility: "watched",
        watchedSeconds: 1,
        idleSeconds: 0,
        unobservedSeconds: 0,
      },
      harm: { causes: ["slow"], stepDowns: 0 },
      acts: { paused: false, seen: [], latched: { act: "Abort", actor: "a", reason: "", at: "" } },
      rollback: { at: "", from: "Ramp", reason: "R", causes: ["y".repeat(900)], actor: null },
    });
    const lines = renderStatus(viewMigration(aRawMigration(crowded)), now, { ...wide, rows: 200 });
    expect(lines.join("\n")).toContain("gate11");
    expect(lines.join("\n")).toContain("ASKED");
  });

  test("in colour says the same words", () => {
    const plain = renderStatus(viewMigration(aRawMigration(ramping)), now, wide);
    const coloured = renderStatus(viewMigration(aRawMigration(ramping)), now, { ...wide, color: true });
    expect(coloured.map(stripVTControlCharacters)).toEqual(plain);
    expect(coloured.join("")).toContain("\u001b[32mpass");
  });

  test("outside a terminal is one line per change", () => {
    expect(renderLine(viewMigration(aRawMigration(ramping)), now)).toBe(
      "2026-01-01T12:00:00.000Z  search/docs-to-qdrant  Ramp, stage 2 of 3 at 5 %  epoch 7  latency gate is undecided; 1,134 samples to go",
    );
  });
});

test("a status of another version is refused by its code", () => {
  expect(() => viewMigration({ metadata: { name: "x" }, status: { phase: "Levitating" } })).toThrow(/cannot be read/);
});

test("a status with fields that only a newer operator knows is shown without them, and they are named", () => {
  const view = viewMigration(aRawMigration({ ...ramping, quorum: { lost: 1 } } as typeof ramping));
  expect(view.status).toEqual(ramping);
  expect(renderStatus(view, now, wide).at(-1)).toBe("NOT SHOWN      newer      than this program: quorum");
});
