import type { MigrationActSpec } from "@retriever/crds/migration.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { OperatorError } from "@retriever/operator/errors.ts";
import { aCondition, aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import { describe, expect, test } from "vitest";
import type { Terminal } from "#output/terminal.ts";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";
import { type KubeClient, makeKubeClient } from "./kube-client.ts";
import { runCli } from "./program.ts";

type Arrangement = {
  readonly statuses?: readonly MigrationStatus[];
  readonly client?: Partial<KubeClient>;
  readonly terminal?: Partial<Terminal>;
  readonly files?: { readonly read: (path: string) => Promise<string> };
};

function arrange({ statuses = [aStatus()], client = {}, terminal = {}, files }: Arrangement = {}) {
  const written = makeFakeTerminal(terminal);
  const acts: { readonly namespace: string; readonly spec: MigrationActSpec }[] = [];
  let reads = 0;
  const fake: KubeClient = {
    readMigration: async () => aRawMigration(statuses[Math.min(reads++, statuses.length - 1)]),
    listMigrations: async () => statuses.map((status) => aRawMigration(status)),
    readActIdentityProved: async () => true,
    userName: "from-kubeconfig",
    whoAmI: async () => "user-a",
    mayI: async () => true,
    deleteAct: async () => undefined,
    listEvents: async () => [],
    createAct: async (act) => {
      acts.push({ namespace: String(act.metadata["namespace"]), spec: act.spec });
      return { ...act, metadata: { ...act.metadata, name: "docs-to-qdrant-act-x1" } };
    },
    ...client,
  };
  const usable = { read: async () => "", write: async () => undefined, ...files };
  const { around, connections, clock, stop } = makeFakeSurroundings({ client: fake, files: usable, terminal: written });
  const run = (line: string) => runCli(line.split(" "), around);
  return { run, acts, connections, clock, stop, ...written };
}

const waiting = aStatus({ phase: "AwaitingCutover", message: "waits for a Promote" });
const back = aStatus({ phase: "RolledBack" });
const completed = aStatus({ phase: "Completed" });

test.each(["rolback x", "help rolback"])("%s names the command that was meant", async (line) => {
  const { run, printed, warned } = arrange();
  expect(await run(line)).toBe(1);
  expect(printed).toEqual([]);
  expect(warned.join(" ")).toMatch(/unknown command 'rolback'.*Did you mean rollback\?/);
});

test.each([
  "-n shop --context prod status docs",
  "-nshop --context=prod status docs",
  "-n=shop --context=prod status docs -o=name",
  "--context prod status docs -n shop",
])("%s: the cluster's options are read before the command as well as behind it", async (line) => {
  const read: string[] = [];
  const readMigration = async (namespace: string, name: string) => {
    read.push(`${namespace}/${name}`);
    return aRawMigration(aStatus({ phase: "Guard" }));
  };
  const { run, connections } = arrange({ client: { readMigration } });
  expect(await run(line)).toBe(0);
  expect(read).toEqual(["shop/docs"]);
  expect(connections).toMatchObject([{ context: "prod" }]);
});

test("a value that looks like a short option with its own is left as it was typed", async () => {
  const { run, acts } = arrange({ statuses: [aStatus({ phase: "Ramp" })] });
  expect(await run("pause docs --reason -n=5 -n=shop")).toBe(0);
  expect(acts).toMatchObject([{ namespace: "shop", spec: { reason: "-n=5" } }]);
});

test.each(["-x search get", "--verbose get", "-n search"])("%s: another option there is refused", async (line) => {
  const { run, warned } = arrange();
  expect(await run(line)).toBe(1);
  expect(warned.join(" ")).toContain("unknown option");
});

test("a group without a user in it is refused before anything is asked", async () => {
  const { run, warned, connections } = arrange();
  expect(await run("rollback docs --as-group sre")).toBe(1);
  expect(warned).toEqual(["--as-group: expected --as beside it, which says who is in that group"]);
  expect(connections).toEqual([]);
});

test("help of a command that is there is its own", async () => {
  const { run, printed } = arrange();
  expect(await run("help rollback")).toBe(0);
  expect(printed[0]).toContain("Usage: kubectl-retriever rollback");
});

describe("status", () => {
  test.each([
    ["running", aStatus({ phase: "Ramp" }), 0],
    ["waiting for a person", waiting, 3],
    ["paused", aStatus({ phase: "Ramp", conditions: [aCondition("Paused", "True")] }), 3],
    ["rolled back", back, 4],
    ["stalled", aStatus({ phase: "Pending", conditions: [aCondition("Stalled", "True")] }), 4],
    ["completed", completed, 0],
  ])("of a migration that is %s exits with its code", async (_, status, code) => {
    const { run, printed } = arrange({ statuses: [status] });
    expect(await run("status docs-to-qdrant")).toBe(code);
    expect(printed[0]).toContain("docs-to-qdrant");
  });

  test("as JSON or YAML prints the whole object", async () => {
    const { run, printed } = arrange();
    await run("status docs-to-qdrant -o json");
    await run("status docs-to-qdrant -o yaml");
    expect(JSON.parse(printed[0] ?? "")).toMatchObject({ kind: "RetrieverMigration" });
    expect(printed[1]).toContain("kind: RetrieverMigration");
  });

  test("watched outside a terminal prints a line per change and ends with the migration", async () => {
    const { run, printed, clock } = arrange({ statuses: [waiting, waiting, completed] });
    const ended = run("status docs-to-qdrant --watch");
    await clock.advance(5000);
    expect(await ended).toBe(0);
    expect(printed.map((line) => line.split("  ")[2])).toEqual(["AwaitingCutover", "Completed"]);
  });

  test("watched on a terminal redraws frames until it is interrupted", async () => {
    const { run, frames, clock, stop } = arrange({ statuses: [waiting], terminal: { isTty: true } });
    const ended = run("status docs-to-qdrant -w");
    await clock.advance(2500);
    stop.abort();
    expect(await ended).toBe(130);
    expect(frames.length).toBe(3);
  });

  test("watched while the API server is away says so once and goes on", async () => {
    let reads = 0;
    const readMigration = async () => {
      reads += 1;
      if (reads === 1 || reads > 3) return aRawMigration(reads === 1 ? waiting : completed);
      throw new OperatorError("ROP_API_UNAVAILABLE", "get");
    };
    const { run, warned, clock } = arrange({ client: { readMigration } });
    const ended = run("status docs-to-qdrant -w");
    await clock.advance(5000);
    expect(await ended).toBe(0);
    expect(warned.length).toBe(1);
  });

  test("of a migration that doesn't exist says what and what to do", async () => {
    const readMigration = async () => {
      throw new OperatorError("ROP_NOT_FOUND", "get retrievermigrations search/nope");
    };
    const { run, warned } = arrange({ client: { readMigration } });
    expect(await run("status nope")).toBe(1);
    expect(warned).toEqual([
      expect.stringMatching(/ROP_NOT_FOUND: .*no RetrieverMigration search\/nope; there are docs-to-qdrant/),
      expect.stringContaining("Check name and namespace"),
    ]);
  });

  test.each([
    ["ROP_API_UNAVAILABLE", "get", "Nobody answers at https://api: check that the cluster runs"],
    ["ROP_UNAUTHENTICATED", "get", "https://api doesn't know you"],
    ["ROP_FORBIDDEN", "get", 'ask for "get" on "retrievermigrations.retriever.dev"'],
  ] as const)("that can't be read for %s says where and what to do", async (code, about, words) => {
    const readMigration = async () => {
      throw new OperatorError(code, about, { details: { verb: "get", resource: "retrievermigrations.retriever.dev" } });
    };
    const { run, warned } = arrange({ client: { readMigration } });
    expect(await run("status docs")).not.toBe(0);
    expect(warned[1]).toContain(words);
  });

  test("where nothing of ours is served says which definitions are missing", async () => {
    const gone = async () => {
      throw new OperatorError("ROP_NOT_FOUND", "list");
    };
    for (const [line, plural] of [
      ["status docs", "retrievermigrations"],
      ["get", "retrievermigrations"],
      ["rollback docs --yes", "migrationacts"],
    ] as const) {
      const { run, warned } = arrange({ client: makeKubeClient(gone, "user-a") });
      expect(await run(line)).toBe(1);
      expect(warned.at(-2)).toContain(`the API server serves no ${plural}.retriever.dev/v1alpha1`);
      expect(warned.at(-1)).toContain("Install the operator's chart, or the CustomResourceDefinitions");
    }
  });

  test("past its deadline exits with 124", async () => {
    const readMigration = async () => {
      throw new OperatorError("ROP_DEADLINE_EXCEEDED", "get");
    };
    expect(await arrange({ client: { readMigration } }).run("status docs")).toBe(124);
  });
});

describe("the command line", () => {
  test("hands context, kubeconfig and deadline to the connection", async () => {
    const { run, connections } = arrange();
    await run("status docs --context prod --kubeconfig /k --request-timeout 1m30s");
    expect(connections).toEqual([{ context: "prod", kubeconfig: "/k", deadlineMs: 90_000, as: undefined, groups: [] }]);
  });

  test.each(["status", "status docs -o xml", "status docs --request-timeout never", "explode docs"])(
    "refuses `%s` with 1",
    async (line) => {
      const { run, warned } = arrange();
      expect(await run(line)).toBe(1);
      expect(warned.join("")).toContain("error:");
    },
  );

  test("tells times that stand where none is given with their unit", async () => {
    const { run, printed } = arrange();
    for (const command of ["wait", "pause"]) await run(`${command} --help`);
    const told = printed.join("\n").matchAll(/--(?:request-)?timeout .*\n?.*?\(default: (\w+)\)/g);
    expect([...told].map(([, time]) => time)).toEqual(["10s", "30s", "10s", "30s"]);
  });

  test("explains itself with 0", async () => {
    const { run, printed } = arrange();
    expect(await run("--help")).toBe(0);
    expect(printed.join("\n")).toContain("promote");
  });
});
