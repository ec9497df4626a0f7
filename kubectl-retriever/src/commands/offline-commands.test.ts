import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { Files } from "#files/files.ts";
import { runCli } from "#program.ts";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";

const examples = new URL("../../../examples/", import.meta.url);
const textOf = (file: string): string => readFileSync(new URL(file, examples), "utf8");

type Ran = {
  readonly code: number;
  readonly printed: string[];
  readonly warned: string[];
  readonly written: Map<string, string>;
};

async function run(words: readonly string[], given: Readonly<Record<string, string>>): Promise<Ran> {
  const written = new Map<string, string>();
  const files: Pick<Files, "read" | "write" | "manifestsIn"> = {
    read: (path) => {
      const text = given[path];
      return text === undefined
        ? Promise.reject(Object.assign(new Error("nothing there"), { code: "ENOENT" }))
        : Promise.resolve(text);
    },
    manifestsIn: async (path, deep) => {
      const inside = Object.keys(given).filter((file) => file.startsWith(`${path}/`));
      if (inside.length === 0) return undefined;
      return inside.filter((file) => deep || !file.slice(path.length + 1).includes("/"));
    },
    write: (path, text) => {
      written.set(path, text);
      return Promise.resolve();
    },
  };
  const terminal = makeFakeTerminal({ columns: () => 80, rows: () => 24 });
  const code = await runCli(words, makeFakeSurroundings({ files, terminal }).around);
  return { code, printed: terminal.printed, warned: terminal.warned, written };
}

const migration = textOf("default/migration.yaml");

it("lint names every fault of every file with its line, value and expectation, and exits with 2", async () => {
  const refused = textOf("refused/falling-stages.yaml");
  const scenario = "kind: RehearsalScenario\nshows: x\nuntil: 900h\nevents:\n  - at: gard\n    act: Promote\n";
  const ran = await run(["lint", "-f", "m.yaml", "-f", "s.yaml"], { "m.yaml": refused, "s.yaml": scenario });
  expect(ran.code).toBe(2);
  expect(ran.warned).toEqual([
    expect.stringMatching(/^m\.yaml:\d+: spec\.stages: received array \[.+\], expected sample rates that rise/),
    's.yaml:3: scenario.until: received string "900h", expected a time from 1s to 168h',
    expect.stringMatching(/^s\.yaml:5: scenario\.events\[0\]\.at: received string "gard", expected a time/),
  ]);
});

it("lint names the faults in the order of their lines, and quotes no more of a value than its beginning", async () => {
  const notes = `  notes: [${"long, ".repeat(10_000)}]\n`;
  const text = `${migration.trimEnd()}\nextra: [${"long, ".repeat(10_000)}]\n`.replace(/^spec:\n/m, `spec:\n${notes}`);
  const { warned } = await run(["lint", "-f", "m.yaml"], { "m.yaml": text });
  expect(warned).toEqual([
    expect.stringMatching(/^m\.yaml:\d+: spec\.notes: received .+, expected no such field$/),
    expect.stringMatching(/^m\.yaml:\d+: extra: received .+, expected no such field$/),
  ]);
  expect(Math.max(...warned.map(({ length }) => length))).toBeLessThan(300);
});

it("lint accepts a sound manifest with the hash of its plan, and exits with 0", async () => {
  const ran = await run(["lint", "-f", "m.yaml"], { "m.yaml": migration });
  expect(ran).toMatchObject({ code: 0, warned: [] });
  expect(ran.printed).toEqual([
    expect.stringMatching(/^m\.yaml:1: RetrieverMigration search\/docs-to-qdrant: ok, plan [0-9a-f]{16}$/),
  ]);
});

it("lint names what would write to the stores where nobody else does", async () => {
  const written = migration.replace(/^spec:$/m, "spec:\n  writes: SourceOnly");
  const { printed } = await run(["lint", "-f", "m.yaml"], { "m.yaml": written });
  expect(printed[0]).toMatch(/spec\.data\.sync: Continuous would bring what is written to the source/);
});

it("a file that isn't there, isn't YAML or holds nothing of ours exits with 1 and says so", async () => {
  const endless = "kind: RetrieverMigration\nspec: &s\n  stages: *s\n";
  const given = { "torn.yaml": "a: [1,\n", "other.yaml": "kind: Service\n", "endless.yaml": endless };
  const ran = await run(["lint", ...["none.yaml", ...Object.keys(given)].flatMap((file) => ["-f", file])], given);
  expect(ran.code).toBe(1);
  expect(ran.warned.join("\n")).toContain("endless.yaml:1: an alias stands within what it names");
  expect(ran.warned.join("\n")).toMatch(
    /can't read none\.yaml: there is no such file\ntorn\.yaml:\d+: [^]+other\.yaml:1: kind Service is not checked/,
  );
});

it("plan at 1 request/s flags the stage of 2 h at 2 %: 144 samples don't decide", async () => {
  const ran = await run(["plan", "-f", "m.yaml", "--rate", "1"], { "m.yaml": migration });
  expect(ran.code).toBe(0);
  expect(ran.printed.join("\n")).toMatch(/^stage 1 .*CAN'T DECIDE in 2h: 144 of 1,000 samples/m);
});

it("plan at a request in 100 s is refused: the guard never ends, and what would help is said", async () => {
  const ran = await run(["plan", "-f", "m.yaml", "--rate", "0.01"], { "m.yaml": migration });
  expect(ran.code).toBe(2);
  const text = ran.printed.join("\n");
  expect(text).toMatch(
    /^guard: never, for want of samples: 9 samples in 15m, 12 are needed; only more traffic would do$/m,
  );
  expect(text).toMatch(/^TOO THIN: by its deadline of 72h the guard isn't over: .+\n( {2}remedy {3}.+\n?)+$/m);
});

const day = Array.from({ length: 24 }, (_, hour) => (hour < 8 ? 0.01 : 1));

it("plan by hour says the guard's length by the calendar, as lines and as JSON", async () => {
  const words = ["plan", "-f", "m.yaml", "--rate", "0.7", "--by-hour", day.join(",")];
  const ran = await run(words, { "m.yaml": migration });
  expect(ran.printed.at(-1)).toBe("The guard takes 32h to 40h by the calendar; its deadline is 72h.");
  const { code, printed } = await run([...words, "--json"], { "m.yaml": migration });
  // The first stage, begun in the evening, calls a person: its samples take longer than its deadline.
  expect({ code, lines: printed.length }).toEqual({ code: 2, lines: 1 });
  expect(JSON.parse(printed[0] ?? "")).toMatchObject({
    kind: "forecast",
    name: "docs-to-qdrant",
    requestsPerSecond: { least: 0.007, most: 0.7 },
    guard: { seconds: { shortest: 115_200, longest: 144_000 }, problem: null },
    watches: [{ name: "STAGE 1" }, { name: "STAGE 2" }, { name: "STAGE 3" }, { name: "GUARD" }],
  });
});

it("plan takes measured traffic from a file, and refuses one without a request", async () => {
  const csv = (rates: readonly number[]) =>
    ["seconds,requestsPerSecond", ...rates.map((rate, hour) => `${hour * 3600},${rate}`)].join("\n");
  const given = { "m.yaml": migration, "t.csv": csv(day.map((factor) => factor * 0.7)), "none.csv": csv([0, 0]) };
  const ran = await run(["plan", "-f", "m.yaml", "--traffic", "t.csv"], given);
  expect(ran.printed.at(-1)).toBe("The guard takes 32h to 40h by the calendar; its deadline is 72h.");
  const none = await run(["plan", "-f", "m.yaml", "--traffic", "none.csv"], given);
  expect(none).toMatchObject({ code: 2, warned: ["none.csv: received no request at all, expected some"] });
});

it.each(["1,2", `${day.join(",")},1`, day.map(() => 0).join(","), day.map(() => "x").join(",")])(
  "plan refuses the factors %s",
  async (factors) => {
    const words = ["plan", "-f", "m.yaml", "--by-hour", factors];
    const ran = await run(words, { "m.yaml": migration });
    expect(ran.code).toBe(1);
    expect(ran.warned.join()).toMatch(/expected 24 factors from 0 to 100, not all 0/);
  },
);

it("plan at 20 requests/s says that every gate decides and that it takes 27 h 30 m at least", async () => {
  const ran = await run(["plan", "-f", "m.yaml", "--rate", "20"], { "m.yaml": migration });
  expect(ran.printed.join("\n")).not.toMatch(/CAN'T|never|TOO THIN/);
  expect(ran.printed).toContain("Lower bound: 27h30m, if every pod follows at once and every person is there.");
});

it("rehearse exits as the same end of a real migration would, and writes the page where it was told", async () => {
  const given = { "m.yaml": migration, "dir/held.yaml": textOf("scenarios/shuffled-ids.yaml") };
  const ran = await run(
    ["rehearse", "-f", "m.yaml", "--scenario", "dir/held.yaml", "--html", "out.html", "--json"],
    given,
  );
  expect(ran.code).toBe(3);
  const lines = ran.printed.map((line) => JSON.parse(line) as { kind: string; scenario?: string; phase: string });
  expect(lines.at(-1)).toMatchObject({ kind: "end", scenario: "held", phase: "WarmUp", reason: "Held", seed: 1 });
  expect(lines.slice(0, -1).every(({ kind }) => kind === "decision")).toBe(true);
  expect(ran.written.get("out.html")).toMatch(/^<!doctype html>/);
});

it("rehearse --runs prints the share of each ending, as JSON a line per seed, and exits with the gravest code", async () => {
  const given = { "m.yaml": migration, "s.yaml": "kind: RehearsalScenario\nshows: two minutes\nuntil: 2m\n" };
  const words = ["rehearse", "-f", "m.yaml", "--scenario", "s.yaml", "--runs", "3", "--seed", "7"];
  const text = await run(words, given);
  expect(text).toMatchObject({ code: 124, warned: [] });
  expect(text.printed.join("\n")).toMatch(/seeds 7 to 9[^]+WarmUp, unfinished +\S+ +3 of 3 +100 % +29.2 % to 100 %/);
  const json = await run([...words, "-o", "json"], given);
  expect(json.printed.map((line) => (JSON.parse(line) as { seed: number }).seed)).toEqual([7, 8, 9, 7]);
  expect(JSON.parse(json.printed.at(-1) ?? "")).toMatchObject({ kind: "endings", runs: 3, scenario: "s" });
});

it("rehearse --runs --expect exits with 0 when the runs ended as expected, and with 2 and the share otherwise", async () => {
  const given = { "m.yaml": migration, "s.yaml": "kind: RehearsalScenario\nshows: two minutes\nuntil: 2m\n" };
  const words = ["rehearse", "-f", "m.yaml", "--scenario", "s.yaml", "--runs", "2", "--expect"];
  expect(await run([...words, "WarmUp>=1"], given)).toMatchObject({ code: 0, warned: [] });
  const missed = await run([...words, "Completed>=0.5"], given);
  expect(missed).toMatchObject({
    code: 2,
    warned: ["received Completed in 0 of 2 runs (0 %), expected at least 50 %"],
  });
});

it.each([
  ["--runs 1", "expected a whole number from 2 to 1000"],
  ["--runs 1001", "expected a whole number from 2 to 1000"],
  ["--expect Completed", "expected a phase or a reason"],
  ["--runs 2 --html out.html", "cannot be used with"],
])("rehearse %s is refused", async (options, words) => {
  const given = { "m.yaml": migration, "s.yaml": "kind: RehearsalScenario\nshows: x\n" };
  const ran = await run(["rehearse", "-f", "m.yaml", "--scenario", "s.yaml", ...options.split(" ")], given);
  expect(ran.code).toBe(1);
  expect(ran.warned.join()).toContain(words);
});

it("rehearse --runs past the last seed is refused", async () => {
  const given = { "m.yaml": migration, "s.yaml": "kind: RehearsalScenario\nshows: x\n" };
  const words = ["rehearse", "-f", "m.yaml", "--scenario", "s.yaml", "--runs", "2", "--seed", "4294967295"];
  expect(await run(words, given)).toMatchObject({ code: 1, printed: [] });
});

it("rehearse --traffic plays what was measured, and says where it is from and when it repeats", async () => {
  const scenario = "kind: RehearsalScenario\nshows: five minutes\nuntil: 5m\n";
  const given = { "m.yaml": migration, "s.yaml": scenario, "t.csv": "seconds,rate\n0,40\n60,0.5\n" };
  const words = ["rehearse", "-f", "m.yaml", "--scenario", "s.yaml", "--traffic", "t.csv"];
  const one = await run([...words, "--html", "out.html", "--json"], given);
  const said =
    "Traffic of t.csv: 2 values, one per 1m, from 0.5 to 40 requests/s, from the start on, repeated after 2m.";
  expect(JSON.parse(one.printed.at(-1) ?? "")).toMatchObject({ kind: "end", traffic: said });
  expect(one.written.get("out.html")).toContain("as measured, 2 values, one per 1m");
  expect((await run(words, given)).printed).toContain(said);
  expect((await run([...words, "--runs", "2"], given)).printed).toContain(said);
});

it("rehearse --traffic with a file that isn't there exits with 1, with faults in it with 2 and at most ten of them", async () => {
  const bad = Array.from({ length: 12 }, (_, at) => `${at},much\n`).join("");
  const given = { "m.yaml": migration, "s.yaml": "kind: RehearsalScenario\nshows: x\n", "t.csv": `0,1\n${bad}` };
  const words = ["rehearse", "-f", "m.yaml", "--scenario", "s.yaml", "--traffic"];
  expect(await run([...words, "none.csv"], given)).toMatchObject({
    code: 1,
    warned: ["can't read none.csv: there is no such file"],
  });
  const { code, warned, printed } = await run([...words, "t.csv"], given);
  expect({ code, printed, lines: warned.length }).toEqual({ code: 2, printed: [], lines: 11 });
  expect(warned[0]).toBe('t.csv:2: received "much", expected requests per second from 0 to 10000');
  expect(warned.at(-1)).toBe("t.csv: and 2 more");
});

it("lint names the field, kind and metadata that were probably meant, all at once", async () => {
  const typed = migration
    .replace("  name: docs-to-qdrant", "  nam: docs-to-qdrant")
    .replace("spec:", "spec:\n  guards: {}\n  stages:\n    - { sampleRate: 0.02, minDuraton: 2h, minSamples: 3000 }");
  const ran = await run(["lint", "-f", "m.yaml", "-f", "k.yaml"], {
    "m.yaml": typed,
    "k.yaml": "kind: RetrieverMigratio\n",
  });
  expect(ran.code).toBe(1);
  const told = ran.warned.join("\n");
  for (const meant of ["name", "guard", "minDuration", "RetrieverMigration"])
    expect(told).toContain(`did you mean ${meant}?`);
  expect(told).toMatch(/m\.yaml:\d+: spec\.stages\[0\]\.minDuraton: received string "2h", expected no such field/);
});

it("lint without a file is an error", async () => {
  const ran = await run(["lint"], {});
  expect(ran.code).toBe(1);
  expect(ran.warned.join()).toContain("required option");
});

it("lint reads a folder, with -R what is below it, and passes over what isn't ours", async () => {
  const given = {
    "d/m.yaml": migration,
    "d/other.yaml": "kind: ConfigMap\n",
    "d/below/s.yaml": "kind: RehearsalScenario\n",
  };
  expect(await run(["lint", "-f", "d"], given)).toMatchObject({
    code: 0,
    warned: [],
    printed: [expect.stringContaining("d/m.yaml:")],
  });
  expect(await run(["lint", "-f", "d", "-R"], given)).toMatchObject({ code: 2 });
  expect(await run(["lint", "-f", "e"], { "e/other.yaml": "kind: ConfigMap\n" })).toMatchObject({ code: 1 });
});

it("lint as JSON prints one object per document, with every fault and its line", async () => {
  const given = { "m.yaml": migration, "r.yaml": textOf("refused/falling-stages.yaml") };
  const ran = await run(["lint", "-f", "m.yaml", "-f", "r.yaml", "-o", "json"], given);
  expect(ran).toMatchObject({ code: 2, warned: [] });
  expect(ran.printed.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { file: "m.yaml", kind: "RetrieverMigration", ok: true, faults: [] },
    { file: "r.yaml", ok: false, faults: [{ path: "spec.stages", line: expect.any(Number) }] },
  ]);
});

it("lint, plan and rehearse as YAML print the same objects as documents, and lint the names of what is fine", async () => {
  const given = { "m.yaml": migration, "r.yaml": textOf("refused/falling-stages.yaml") };
  const scenario = { "s.yaml": "kind: RehearsalScenario\nshows: a minute\nuntil: 1m\n" };
  for (const words of [
    ["lint", "-f", "m.yaml", "-f", "r.yaml"],
    ["plan", "-f", "m.yaml", "--rate", "20", "--rate", "30"],
    ["rehearse", "-f", "m.yaml", "--scenario", "s.yaml"],
  ]) {
    const [json, yaml] = await Promise.all(
      ["json", "yaml"].map((form) => run([...words, "-o", form], { ...given, ...scenario })),
    );
    const documents = parseAllDocuments(yaml?.printed.join("\n") ?? "").map((one) => one.toJS() as unknown);
    expect(documents).toEqual(json?.printed.map((line) => JSON.parse(line) as unknown));
    expect(yaml?.code).toBe(json?.code);
  }
  const named = await run(["lint", "-f", "m.yaml", "-f", "r.yaml", "-o", "name"], given);
  expect(named).toMatchObject({ code: 2, printed: ["retrievermigration.retriever.dev/docs-to-qdrant"] });
});

it("rehearse takes a scenario of the library by its name, and says which one was meant", async () => {
  const words = ["rehearse", "-f", "m.yaml", "--json", "--scenario"];
  expect((await run([...words, "wrong-dimension"], { "m.yaml": migration })).printed.at(-1)).toContain(
    "wrong-dimension",
  );
  const ran = await run([...words, "helthy"], { "m.yaml": migration });
  expect(ran).toMatchObject({ code: 1, warned: [expect.stringContaining("did you mean healthy?")] });
});

const policyOf = (spec: string) =>
  `apiVersion: retriever.dev/v1alpha1\nkind: RetrieverMigrationPolicy\nmetadata: { name: bank }\nspec: ${spec}\n`;

const lineOf = (text: string): number => migration.split("\n").indexOf(text) + 1;

it.each([
  ["apiVersion: retriever.dev/v1alpha1\nkind: RetrieverMigraton\n", "; did you mean RetrieverMigration?"],
  ["apiVersion: retriever.dev/v1alpha1\nkind: Deployment\n", "kind Deployment of retriever.dev/v1alpha1 is none of"],
  ["apiVersion: retreiver.dev/v1alpha1\nkind: Migration\n", "kind Migration of retreiver.dev/v1alpha1 is none of"],
  ["apiVersion: retriever.dev/v1alpha1\n", "kind not given of retriever.dev/v1alpha1 is none of"],
])("lint exits with 1 beside a document that was meant to be ours, in a folder as well: %j", async (slip, words) => {
  for (const path of ["f/m.yaml", "f"]) {
    const ran = await run(["lint", "-f", path], { "f/m.yaml": `${migration}---\n${slip}` });
    expect(ran.code).toBe(1);
    expect(ran.warned).toEqual([expect.stringContaining(words)]);
  }
});

it("lint passes over what is anybody else's, and checks what is in a list", async () => {
  const foreign = "apiVersion: kyverno.io/v1\nkind: Policy\n---\napiVersion: db.example/v1\nkind: Migration\n---\n";
  expect(await run(["lint", "-f", "f"], { "f/m.yaml": foreign + migration })).toMatchObject({ code: 0, warned: [] });
  const item = textOf("refused/falling-stages.yaml").replace(/^/gm, "    ").replace("    ", "  - ");
  const listed = await run(["lint", "-f", "l.yaml"], { "l.yaml": `apiVersion: v1\nkind: List\nitems:\n${item}` });
  expect(listed.code).toBe(2);
  expect(listed.warned[0]).toMatch(/^l\.yaml:\d+: spec\.stages: /);
});

it("lint and plan warn of checks that nobody can answer, each at its line, and refuse nothing for it", async () => {
  const strict = migration.replace(
    "  checklist:\n",
    "  checklist:\n    profile: Strict\n    staging: { from: docs-to-qdrant }\n",
  );
  const given = { "m.yaml": strict };
  const [staging, smokeTests] = [
    "spec.checklist.staging.from can never be answered: expected another migration than this one",
    "spec.checklist.smokeTests can never be answered: expected a CronJob in cronJobs, or policy Skip",
  ];
  const line = lineOf("  checklist:");
  const linted = await run(["lint", "-f", "m.yaml"], given);
  expect(linted.code).toBe(0);
  expect(linted.warned).toEqual([`m.yaml:${line + 2}: warning: ${staging}`, `m.yaml:${line}: warning: ${smokeTests}`]);
  const planned = await run(["plan", "-f", "m.yaml", "--rate", "50"], given);
  expect(planned.printed).toEqual(expect.arrayContaining([staging, smokeTests]));
  expect((await run(["lint", "-f", "m.yaml"], { "m.yaml": migration })).warned).toEqual([]);
});

it("plan lists the checks that are made and those that are left out, and who decided it", async () => {
  const given = { "m.yaml": migration, "p.yaml": policyOf("{ window: {} }") };
  const planned = await run(["plan", "-f", "m.yaml", "--policy", "p.yaml"], given);
  expect(planned.printed).toEqual(
    expect.arrayContaining([
      "Checks: reachable (profile), alerts (profile), window (policy).",
      "Left out: parity (manifest), approvals (profile), staging (profile), smokeTests (profile).",
    ]),
  );
});

it("lint and plan judge a migration by the policies of a file, and exit with 2 when one refuses it", async () => {
  const given = {
    "m.yaml": migration,
    "strict.yaml": policyOf("{ approvals: { fourEyes: true }, destinations: { hosts: [elsewhere] } }"),
    "loose.yaml": policyOf("{ destinations: { tls: true } }"),
  };
  const refusal = "policy bank: spec.requestedBy: got nobody, expected who asks for it";
  const linted = await run(["lint", "-f", "m.yaml", "--policy", "loose.yaml", "--policy", "strict.yaml"], given);
  expect(linted.code).toBe(2);
  expect(linted.warned).toEqual([
    `m.yaml:${lineOf("spec:")}: ${refusal}`,
    `m.yaml:${lineOf("  destination:")}: policy bank: spec.destination: got host qdrant.search.svc, expected one of elsewhere`,
  ]);
  const planned = await run(["plan", "-f", "m.yaml", "--policy", "strict.yaml"], given);
  expect(planned.code).toBe(2);
  expect(planned.printed).toContain(refusal);
  const asJson = await run(["plan", "-f", "m.yaml", "--policy", "strict.yaml", "--rate", "10", "--json"], given);
  expect(JSON.parse(asJson.printed[0] ?? "{}")).toMatchObject({ refused: [refusal, expect.any(String)] });
  const within = await run(["plan", "-f", "m.yaml", "--policy", "loose.yaml"], given);
  expect(within.code).toBe(0);
  expect(within.printed).toContain("within bank");
  expect((await run(["lint", "-f", "m.yaml", "--policy", "loose.yaml"], given)).code).toBe(0);
});

it("lint checks policies themselves, and refuses a file without one as a policy", async () => {
  const given = { "p.yaml": policyOf("{ hold: maybe }"), "m.yaml": migration, "good.yaml": policyOf("{}") };
  const refused = await run(["lint", "-f", "p.yaml"], given);
  expect(refused.code).toBe(2);
  expect(refused.warned).toEqual([expect.stringContaining("spec.hold: received string")]);
  expect((await run(["lint", "-f", "good.yaml"], given)).printed).toEqual([
    "good.yaml:1: RetrieverMigrationPolicy bank: ok",
  ]);
  const none = await run(["lint", "-f", "m.yaml", "--policy", "m.yaml"], given);
  expect(none.code).toBe(1);
  expect(none.warned).toEqual(["m.yaml: expected a document of kind RetrieverMigrationPolicy, got none"]);
  expect((await run(["lint", "-f", "m.yaml", "--policy", "p.yaml"], given)).code).toBe(2);
});
