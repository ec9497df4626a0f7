import type { MigrationActSpec } from "@retriever/crds/migration.ts";
import { actsWithReason } from "@retriever/crds/migration.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { OperatorError } from "@retriever/operator/errors.ts";
import { aPlanText, aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import { describe, expect, test } from "vitest";
import type { ActDocument, KubeClient, MigrationEvent, Right } from "#kube-client.ts";
import type { Terminal } from "#output/terminal.ts";
import { runCli } from "#program.ts";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";
import { actCommands } from "../act-commands.ts";

type Arrangement = {
  readonly status?: MigrationStatus;
  /** What the operator says of the act, a second after it. */
  readonly says?: Pick<MigrationEvent, "reason" | "message">;
  readonly client?: Partial<KubeClient>;
  readonly terminal?: Partial<Terminal>;
  readonly read?: (path: string) => Promise<string>;
};

const at = "2026-01-01T00:00:00Z";
const plan = aPlanText();
const inPhase = (phase: MigrationStatus["phase"], more: Partial<MigrationStatus> = {}) =>
  aStatus({ phase, plan, planHash: "0123456789abcdef", ...more });

const absent = async (): Promise<never> => {
  throw new OperatorError("ROP_NOT_FOUND", "get");
};

function arrange({
  status = inPhase("Ramp"),
  says,
  client = {},
  terminal = {},
  read = async () => "",
}: Arrangement = {}) {
  const written = makeFakeTerminal(terminal);
  const acts: { readonly namespace: string; readonly spec: MigrationActSpec; readonly dryRun: boolean }[] = [];
  const rights: Right[] = [];
  const fake: Partial<KubeClient> = {
    readMigration: async () => aRawMigration(status),
    listMigrations: async () => [aRawMigration(status)],
    readActIdentityProved: async () => true,
    userName: "from-kubeconfig",
    whoAmI: async () => "user-a",
    mayI: async (right) => {
      rights.push(right);
      return true;
    },
    listEvents: async () =>
      says === undefined || acts.length === 0 ? [] : [{ name: "told-1", at, type: "Normal", count: 1, ...says }],
    createAct: async (act: ActDocument, dryRun) => {
      acts.push({ namespace: String(act.metadata["namespace"]), spec: act.spec, dryRun });
      return { ...act, metadata: { ...act.metadata, name: "act-x1", uid: "act-1", creationTimestamp: at } };
    },
    ...client,
  };
  const files = { read, write: async () => undefined };
  const { around, clock } = makeFakeSurroundings({ client: fake, files, terminal: written });
  const run = (line: string) => runCli(line.split(" "), around);
  return { run, acts, rights, clock, ...written };
}

test("every verb knows whether its act needs a reason", () => {
  const asked = actCommands.filter(({ needsReason }) => needsReason === true).map(({ act }) => act);
  expect(asked).toEqual(actsWithReason);
});

describe("an act in its place", () => {
  const [cutover, guard] = [inPhase("AwaitingCutover"), inPhase("Guard")];
  const paused = inPhase("AwaitingCutover", { acts: { paused: true, seen: [] } });
  test.each([
    ["promote", "Promote", cutover],
    ["complete-guard", "CompleteGuard", guard],
    ["writers-moved", "WritersMoved", guard],
    ["pause", "Pause", cutover],
    ["resume", "Resume", paused],
  ])("%s creates the object for this uid with actor and reason", async (command, act, status) => {
    const { run, acts, printed, rights } = arrange({ status });
    expect(await run(`${command} docs-to-qdrant -n other --reason tired`)).toBe(0);
    const migration = { name: "docs-to-qdrant", uid: "uid-1" };
    expect(acts).toEqual([
      { namespace: "other", spec: { migration, act, actor: "user-a", reason: "tired" }, dryRun: false },
    ]);
    expect(printed[0]).toContain("created");
    expect(rights.map(({ resource, subresource = "" }) => `${resource}/${subresource}`)).toEqual([
      "migrationacts/",
      `retrievermigrations/${command === "complete-guard" ? "promote" : act.toLowerCase()}`,
    ]);
  });

  test.each(["abort", "rollback"])("%s is written first, by name: nothing is read that could fail", async (command) => {
    const away = async () => {
      throw new OperatorError("ROP_API_UNAVAILABLE", "get");
    };
    const { run, acts } = arrange({ client: { readMigration: away, mayI: away, listMigrations: away, whoAmI: away } });
    expect(await run(`${command} docs-to-qdrant`)).toBe(124);
    expect(acts[0]?.spec).toMatchObject({ migration: { name: "docs-to-qdrant" }, actor: "from-kubeconfig" });
  });

  test.each([
    ["rollback", "ROP_FORBIDDEN"],
    ["rollback", "ROP_API_UNAVAILABLE"],
    ["rollback", "ROP_STATUS_UNREADABLE"],
    ["pause", "ROP_API_UNAVAILABLE"],
  ] as const)(
    "%s whose answer can't be read (%s) is told as written, and not as refused or failed",
    async (command, code) => {
      const written: unknown[] = [];
      const createAct = async (act: ActDocument) => {
        written.push(act);
        return { ...act, metadata: { ...act.metadata, name: "act-x1" } };
      };
      const readMigration = async () => {
        if (written.length > 0) throw new OperatorError(code, "get retrievermigrations");
        return aRawMigration(inPhase("Ramp"));
      };
      const { run, warned } = arrange({ client: { createAct, readMigration } });
      expect(await run(`${command} docs --wait`)).toBe(124);
      expect(warned[0]).toContain("migrationact/act-x1 is written");
      expect(warned[0]).toContain(code);
    },
  );

  test("a rollback whose user the server tells only when asked again is written under that name", async () => {
    let asked = 0;
    const whoAmI = async () => {
      if (asked++ === 0) throw new OperatorError("ROP_DEADLINE_EXCEEDED", "create selfsubjectreviews");
      return "user-a";
    };
    const actors: string[] = [];
    const createAct = async (act: ActDocument) => {
      actors.push(act.spec.actor);
      if (act.spec.actor !== "user-a") throw new OperatorError("ROP_FORBIDDEN", "spec.actor: expected user-a");
      return { ...act, metadata: { ...act.metadata, name: "act-x1" } };
    };
    const { run } = arrange({ client: { whoAmI, createAct } });
    expect(await run("rollback docs")).toBe(0);
    expect(actors).toEqual(["from-kubeconfig", "user-a"]);
  });

  test.each(["abort", "rollback", "complete-guard", "writers-moved"])(
    "%s asks once on a terminal, unless told not to",
    async (command) => {
      const asked: string[] = [];
      let typed = "n";
      const ask = async (question: string) => {
        asked.push(question);
        return typed;
      };
      const { run, acts } = arrange({ status: inPhase("Guard"), terminal: { ask } });
      expect(await run(`${command} docs --reason x`)).toBe(2);
      expect(acts).toEqual([]);
      typed = "y";
      expect(await run(`${command} docs --reason x`)).toBe(0);
      expect(await run(`${command} docs --reason x --yes`)).toBe(0);
      expect(asked).toEqual([1, 2].map(() => expect.stringContaining("search/docs at prod-eu (https://api)?")));
      expect(acts).toHaveLength(2);
    },
  );

  test("waive names the check and its reason, and needs both", async () => {
    const { run, acts } = arrange({ status: inPhase("AwaitingApproval") });
    expect(await run("waive docs --check parity --reason compared")).toBe(0);
    expect(acts[0]?.spec).toMatchObject({ act: "Waive", check: "parity", reason: "compared" });
    expect(await run("waive docs --check parity")).toBe(1);
    expect(await run("waive docs --reason compared")).toBe(1);
  });

  const takenBack = { at, reason: "AckTimeout", causes: [], times: 1 };
  const served = { epoch: 3, primary: "source", shadow: "none", sampleRate: 0, released: false, at } as const;

  test("retry needs its own right, not the one to promote", async () => {
    const status = inPhase("AwaitingCutover", { revision: served, takenBack });
    const { run, acts, rights } = arrange({ status });
    expect(await run("retry docs --reason mended")).toBe(0);
    expect(acts).toMatchObject([{ spec: { act: "Retry" } }]);
    expect(rights.at(-1)?.subresource).toBe("retry");
  });

  test("waive of parity closes the corrections that a late rollback asks for, once", async () => {
    const open = {
      type: "DriftResolved",
      status: "False",
      reason: "DestinationIsAhead",
      message: "2 chunks",
    } as const;
    const status = inPhase("RolledBack", { conditions: [{ ...open, lastTransitionTime: at, observedGeneration: 1 }] });
    const { run, acts } = arrange({ status });
    expect(await run("waive docs --check parity --reason copied-back")).toBe(0);
    expect(acts[0]?.spec).toMatchObject({ act: "Waive", check: "parity", reason: "copied-back" });
    const closed = arrange({ status: inPhase("RolledBack") });
    expect(await closed.run("waive docs --check parity --reason copied-back")).toBe(2);
    expect(closed.warned.join()).toContain("nothing is left to reconcile");
  });

  test("postmortem takes the report from a file, and nothing empty or too long", async () => {
    let report = "# Root cause\n";
    const reverted = { at, from: "Guard" as const, reason: "RollbackRequested", causes: [] as string[], actor: null };
    const revision = { epoch: 3, primary: "source", shadow: "none", sampleRate: 0, released: true, at } as const;
    const status = inPhase("RolledBack", { rollback: reverted, revision });
    const { run, acts, warned } = arrange({ status, read: async () => report });
    expect(await run("postmortem docs-to-qdrant --file report.md")).toBe(0);
    expect(acts[0]?.spec).toMatchObject({ act: "Postmortem", text: "# Root cause" });
    for (report of ["", "x".repeat(8193)]) expect(await run("postmortem docs-to-qdrant --file report.md")).toBe(1);
    expect(warned.join()).toContain("has 8193 characters, expected 1 to 8192");
    expect(acts).toHaveLength(1);
  });
});

describe("an approval", () => {
  const status = inPhase("AwaitingApproval");

  test("asks for the typed user name and is for the accepted plan in the role", async () => {
    const asked: string[] = [];
    const ask = async (question: string) => {
      asked.push(question);
      return " user-a ";
    };
    const { run, acts } = arrange({ status, terminal: { ask } });
    expect(await run("approve docs-to-qdrant --role sre-on-call --expires 1h")).toBe(0);
    expect(asked).toEqual([expect.stringContaining("search/docs-to-qdrant at prod-eu (https://api) as sre-on-call")]);
    expect(acts[0]?.spec).toMatchObject({ act: "Approve", role: "sre-on-call", planHash: "0123456789abcdef" });
    expect(acts[0]?.spec.expires).toMatch(/Z$/);
  });

  test.each([
    ["another name is typed", "", async () => "user-b", "not your user name"],
    ["nobody can be asked", "", undefined, "--yes-i-am user-a"],
    ["the given name is another's", " --yes-i-am user-b", undefined, "says user-b"],
  ])("is refused when %s", async (_, more, ask, words) => {
    const { run, acts, warned } = arrange({ status, terminal: ask === undefined ? {} : { ask } });
    expect(await run(`approve docs --role sre-on-call${more}`)).toBe(2);
    expect(acts).toEqual([]);
    expect(warned.join()).toContain(words);
  });

  test("needs a role, and an accepted plan", async () => {
    expect(await arrange({ status }).run("approve docs --yes-i-am user-a")).toBe(1);
    const { run, warned } = arrange({ status: aStatus({ phase: "Preflight" }) });
    expect(await run("approve docs --role sre-on-call --yes-i-am user-a")).toBe(2);
    expect(warned[0]).toContain("no plan is accepted yet");
  });
});

describe("a denial", () => {
  test("is for the accepted plan in the role, with its reason, and asks for nothing", async () => {
    const { run, acts } = arrange({ status: inPhase("AwaitingApproval") });
    expect(await run("deny docs-to-qdrant --role sre-on-call --reason early")).toBe(0);
    expect(acts[0]?.spec).toMatchObject({
      act: "Deny",
      role: "sre-on-call",
      planHash: "0123456789abcdef",
      reason: "early",
    });
    expect(await run("deny docs-to-qdrant --role sre-on-call")).toBe(1);
    expect(await run("deny docs-to-qdrant --reason early")).toBe(1);
    expect(acts).toHaveLength(1);
  });
});

describe("an act out of place is refused before anything is written, with what would work", () => {
  test.each([
    ["waive docs --check stagin --reason x", "AwaitingApproval", "there is no check stagin", "did you mean staging?"],
    ["waive docs --check parity --reason x", "Ramp", "the phase is Ramp", "retriever status docs"],
    [
      "promote docs --context b",
      "Preflight",
      "taken in AwaitingCutover",
      "status docs-to-qdrant -n search --context b shows",
    ],
    [
      "approve docs --role sre --yes-i-am user-a",
      "AwaitingApproval",
      "the plan asks no sre",
      "did you mean sre-on-call?",
    ],
    ["deny docs --role sre --reason x", "AwaitingApproval", "the plan asks no sre", "did you mean sre-on-call?"],
    ["deny docs --role sre-on-call --reason x", "Guard", "a Rollback goes back", "retriever status docs"],
    ["complete-guard docs --reason x", "Ramp", "CompleteGuard is taken in Guard", "retriever status docs"],
    ["pause docs", "Completed", "never runs again", "retriever status docs"],
    ["promote docs", "RolledBack", "never runs again", "retriever status docs"],
    ["retry docs", "Ramp", "Retry is taken in AwaitingCutover", "retriever status docs"],
  ] as const)("%s in %s", async (line, phase, why, instead) => {
    const { run, acts, warned } = arrange({ status: inPhase(phase) });
    expect(await run(line)).toBe(2);
    expect(acts).toEqual([]);
    expect(warned.join("\n")).toContain(why);
    expect(warned.join("\n")).toContain(instead);
  });

  test("for a migration that isn't there, with the one that was meant", async () => {
    const { run, acts, warned } = arrange({ client: { readMigration: absent } });
    expect(await run("pause docs-to-qdran")).toBe(1);
    expect(acts).toEqual([]);
    expect(warned[0]).toContain("no RetrieverMigration search/docs-to-qdran; did you mean docs-to-qdrant?");
  });

  test.each([
    ["migrationacts", "you may not create migrationacts.retriever.dev in namespace search"],
    ["retrievermigrations", "you may not create retrievermigrations.retriever.dev/pause (docs) in namespace search"],
  ])("for want of the right to %s", async (denied, words) => {
    const { run, acts, warned } = arrange({ client: { mayI: async ({ resource }) => resource !== denied } });
    expect(await run("pause docs")).toBe(2);
    expect(acts).toEqual([]);
    expect(warned[0]).toContain(words);
  });

  test("by the API server exits with 2 and its message", async () => {
    const createAct = async () => {
      throw new OperatorError("ROP_FORBIDDEN", "create migrationacts: actor must be the requesting user");
    };
    const { run, warned } = arrange({ client: { createAct } });
    expect(await run("abort docs-to-qdrant")).toBe(2);
    expect(warned[0]).toContain("actor must be the requesting user");
  });
});

describe("the operator's answer", () => {
  test("is waited for on a terminal, and taken means 0", async () => {
    const says = { reason: "ActTaken", message: "Pause by user-a: tired" };
    const { run, warned } = arrange({ says, terminal: { isTty: true } });
    expect(await run("pause docs --reason tired")).toBe(0);
    expect(warned).toEqual(["taken: Pause by user-a: tired"]);
  });

  test("refused means 2, with the operator's words", async () => {
    const says = { reason: "ActRefused", message: "Pause by user-a has no effect: it had expired" };
    const { run, warned } = arrange({ says });
    expect(await run("pause docs --wait")).toBe(2);
    expect(warned).toEqual(["refused: Pause by user-a has no effect: it had expired"]);
  });

  test.each(["Pause by user-b", "Pause by user-ab: tired", "Pause by user-a:b has no effect: it had expired"])(
    "to somebody else (%s) is no answer; without one it is a time-out",
    async (message) => {
      const says = { reason: "ActTaken", message };
      const { run, warned, clock } = arrange({ says });
      const ended = run("pause docs --wait --timeout 2s");
      await clock.advance(3000);
      expect(await ended).toBe(124);
      expect(warned[0]).toContain("no operator has looked at it within 2 s");
    },
  );

  test("to another act of the same person, kind and second is no answer", async () => {
    const taken = { name: "taken", at, type: "Normal", reason: "ActTaken", message: "Approve by user-a" };
    let events = [{ ...taken, count: 1 }];
    const client = { listEvents: async () => events };
    const { run, warned, clock } = arrange({ status: inPhase("AwaitingApproval"), client });
    const ended = run("approve docs --role sre-on-call --yes-i-am user-a --wait");
    await clock.advance(1000);
    events = [{ ...taken, count: 2 }];
    await clock.advance(600);
    expect(await ended).toBe(0);
    const again = run("approve docs --role sre-on-call --yes-i-am user-a --wait");
    await clock.advance(1000);
    const message = "Approve by user-a has no effect: it had expired";
    events = [...events, { ...taken, name: "refused", reason: "ActRefused", message, count: 1 }];
    await clock.advance(1000);
    expect(await again).toBe(2);
    expect(warned.at(-1)).toBe(`refused: ${message}`);
  });

  test("is read from the status where events may not be read", async () => {
    const listEvents = async () => {
      throw new OperatorError("ROP_FORBIDDEN", "list events");
    };
    let status = inPhase("Ramp", { acts: { paused: true, seen: ["act-1"] } });
    const { run, clock } = arrange({ client: { listEvents, readMigration: async () => aRawMigration(status) } });
    const ended = run("pause docs --wait --timeout 5s");
    await clock.advance(600);
    // Judged acts are deleted, and leave the status with that.
    status = inPhase("Ramp", { acts: { paused: true, seen: [] } });
    await clock.advance(10_000);
    expect(await ended).toBe(0);
  });
});

describe("a dry run", () => {
  test("on the client sends nothing and prints what it would send", async () => {
    const { run, acts, printed } = arrange();
    expect(await run("pause docs --dry-run client -o json")).toBe(0);
    expect(acts).toEqual([]);
    expect(JSON.parse(printed[0] ?? "")).toMatchObject({ kind: "MigrationAct", spec: { act: "Pause" } });
    expect(await run("pause docs --dry-run client -o name")).toBe(0);
    expect(printed[1]).toBe("migrationact.retriever.dev/docs-pause-");
  });

  test("on the server asks for one, and waits for nobody", async () => {
    const { run, acts, printed } = arrange({ terminal: { isTty: true } });
    expect(await run("rollback docs --dry-run server -o name")).toBe(0);
    expect(acts).toMatchObject([{ dryRun: true }]);
    expect(printed).toEqual(["migrationact.retriever.dev/act-x1"]);
  });
});
