// Whatever others wrote into a status, a file or an answer: no command lets it steer the terminal that shows it.
import { migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { OperatorError } from "@retriever/operator/errors.ts";
import { aChain, aChainFile, aDraft } from "@retriever/operator/test/builders/evidence.ts";
import { aRawMigration } from "@retriever/operator/test/builders/migration.ts";
import {
  makeRandom,
  mutated,
  oddWords,
  oneOf,
  type Random,
  valuesOf,
} from "@retriever/operator/test/hostile/values.ts";
import { describe, expect, test } from "vitest";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";
import { runCli } from "./program.ts";

const makeStatus = valuesOf(migrationStatusSchema);
const steering = oddWords.filter((word) => /[\p{Cc}\p{Cf}\p{Cs}]/u.test(word));
/** What the command line paints by itself. */
const painted = ["1", "22", "31", "32", "39"].map((code) => `\u001b[${code}m`);
const withoutPaint = (line: string) => painted.reduce((rest, code) => rest.replaceAll(code, ""), line);

/** Every command, and the words that make it show what others wrote. */
const lines: Readonly<Record<string, string>> = {
  status: "status NAME",
  check: "check --idle",
  get: "get --request-timeout WORD",
  events: "events NAME --request-timeout WORD",
  wait: "wait NAME --request-timeout WORD",
  approve: "approve NAME --role sre --yes-i-am WORD",
  deny: "deny NAME --role WORD --reason WORD",
  waive: "waive NAME --check WORD --reason WORD",
  promote: "promote NAME",
  retry: "retry NAME",
  "complete-guard": "complete-guard NAME --reason WORD --yes",
  "writers-moved": "writers-moved NAME --reason WORD --yes",
  "repair-drift": `repair-drift NAME --digest ${"0".repeat(64)} --reason WORD --yes`,
  pause: "pause NAME",
  resume: "resume NAME",
  abort: "abort NAME --yes",
  rollback: "rollback NAME --yes",
  postmortem: "postmortem NAME --file WORD",
  evidence: "evidence NAME",
  replay: "replay WORD",
  report: "report --evidence WORD -o md",
  rehearse: "rehearse -f manifest --scenario scenario",
  plan: "plan -f manifest --rate 1",
  lint: "lint -f manifest",
  dashboard: "dashboard --request-timeout WORD",
  "support-bundle": "support-bundle NAME --request-timeout WORD",
  version: "version --request-timeout WORD",
  init: "init WORD",
  completion: "completion WORD",
};

function hostile(random: Random) {
  const word = oneOf(random, steering);
  const raw = aRawMigration(random() < 0.8 ? makeStatus(random) : undefined);
  const metadata = { namespace: "search", name: word, uid: word, annotations: { [word]: word } };
  const migration = mutated({ ...raw, metadata }, random, random() < 0.5 ? 0 : 2);
  const manifest = JSON.stringify(mutated({ ...aRawMigration(), metadata: { name: word } }, random));
  const record = aChain([aDraft({ phase: "Pending", epoch: 0 })]);
  const files: Readonly<Record<string, string>> = {
    evidence: `${aChainFile(record)}${word}\n`,
    manifest: random() < 0.5 ? manifest : `${word}: [${word}`,
    scenario: JSON.stringify({ [word]: word, traffic: word }),
  };
  return { word, migration, files };
}

function run(line: string, random: Random) {
  const { word, migration, files } = hostile(random);
  const terminal = makeFakeTerminal({ isTty: true, color: true, ask: async () => word });
  const fault = () => Promise.reject(new OperatorError("ROP_INVALID", `admission: ${word}`));
  const isRefused = random() < 0.3;
  const isUnwritten = random() < 0.5;
  let isWritten = false;
  const client = {
    // What becomes of an act can't be read, so that nobody waits for it.
    readMigration: async () => (isRefused || isWritten ? fault() : migration),
    listMigrations: async () => [migration],
    readActIdentityProved: async () => true,
    listEvents: async () => [],
    userName: "from-kubeconfig",
    whoAmI: async () => word,
    createAct: async () => {
      if (isUnwritten) return fault();
      isWritten = true;
      return { metadata: { name: word } } as never;
    },
  };
  const readChain = async () => ({ after: null, end: null, lines: [word, JSON.stringify({ text: word })] });
  const read = async (path: string) =>
    files[path] ?? Promise.reject(Object.assign(new Error(word), { code: "ENOENT" }));
  const disk = { read, write: async () => undefined };
  const words = line.split(" ").map((part) => (part === "WORD" ? word : part === "NAME" ? "docs" : part));
  const { around } = makeFakeSurroundings({ client, readChain, files: disk, terminal });
  return { ended: runCli(words, around), terminal };
}

describe("what others wrote", () => {
  test.each(Object.entries(lines))("steers no terminal that `%s` writes to", async (_, line) => {
    let shown = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const { ended, terminal } = run(line, makeRandom(seed));
      await ended;
      const { printed, warned, frames } = terminal;
      const all = [...printed, ...warned, ...frames.flat()].flatMap((text) => text.split("\n"));
      for (const one of all) expect(withoutPaint(one)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      if (all.some((one) => one.includes("\\u"))) shown += 1;
    }
    // Else the command showed nothing of it, and the test tells nothing.
    expect(shown).toBeGreaterThan(0);
    // What is looked up by a foreign name may be what every object has, and a library writes into it.
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test("is asked of every command that there is", async () => {
    const terminal = makeFakeTerminal();
    await runCli(["--help"], makeFakeSurroundings({ terminal }).around);
    const listed = terminal.printed.flatMap((line) => /^ {2}([a-z-]+) [[<]/.exec(line)?.[1] ?? []);
    expect(listed.toSorted()).toEqual([...Object.keys(lines), "help"].toSorted());
  });
});
