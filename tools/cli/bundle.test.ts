// The bundled plugin, started as people start it: by its command, from another folder, without the packages.
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCommand } from "../run-command.ts";

const root = join(import.meta.dirname, "../..");
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bundle-"));
  const bundled = [process.execPath, join(import.meta.dirname, "bundle.ts"), folder];
  const { code, output } = await runCommand(bundled, { cwd: root, deadlineSeconds: 120 });
  if (code !== 0) throw new Error(output);
});
afterAll(() => rm(folder, { recursive: true }));

function run(...words: readonly string[]) {
  const path = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
  const set = [`PATH=${path}`, `HOME=${folder}`, "NO_COLOR=1"];
  return runCommand(["env", ...set, join(folder, "kubectl-retriever"), ...words], { cwd: "/", deadlineSeconds: 120 });
}

it("the bundled plugin explains itself", async () => {
  expect(await run("--help")).toMatchObject({ code: 0, output: expect.stringContaining("promote") });
});

it.each([
  ["22.18.1", 1, "kubectl-retriever needs Node 22.19 or newer, this is 22.18.1"],
  ["20.20.2", 1, "kubectl-retriever needs Node 22.19 or newer, this is 20.20.2"],
  ["22.19.0", 0, "0."],
])("the bundled plugin on Node %s ends with %i and says %s", async (version, code, words) => {
  const older = join(folder, `as-${version}.cjs`);
  const versions = `{ value: { ...process.versions, node: "${version}" } }`;
  await writeFile(older, `Object.defineProperty(process, "versions", ${versions});`);
  const command = [process.execPath, "--require", older, join(folder, "kubectl-retriever.cjs"), "--version"];
  const ran = await runCommand(command, { cwd: "/", deadlineSeconds: 120 });
  expect(ran).toMatchObject({ code, output: expect.stringContaining(words) });
});

it("the bundled plugin whose command was copied alone says which file is missing", async () => {
  const alone = join(folder, "alone");
  await mkdir(alone);
  await copyFile(join(folder, "kubectl-retriever"), join(alone, "kubectl-retriever"));
  const { code, output } = await runCommand([join(alone, "kubectl-retriever")], { cwd: "/", deadlineSeconds: 120 });
  expect({ code, output }).toEqual({
    code: 1,
    output: expect.stringMatching(/^kubectl-retriever\.cjs isn't in .*alone/),
  });
});

it("the bundled plugin is one file: under any name it starts without its command", async () => {
  const copied = join(folder, "alone", "retriever");
  await copyFile(join(folder, "kubectl-retriever.cjs"), copied);
  const ran = await runCommand([process.execPath, copied, "--version"], { cwd: "/", deadlineSeconds: 120 });
  expect(ran.code).toBe(0);
});

it("the bundled plugin has the script of the dashboard's pages in it", async () => {
  expect(await readFile(join(folder, "kubectl-retriever.cjs"), "utf8")).toContain("new EventSource(");
});

it("the bundled plugin is held by Node with one byte for each character", async () => {
  // One above U+00FF doubles what the source of a running dashboard takes.
  const text = await readFile(join(folder, "kubectl-retriever.cjs"), "utf8");
  expect(Buffer.from(text, "latin1").toString("latin1") === text).toBe(true);
});

it("the bundled plugin plays rehearsals of its own library on its worker threads", async () => {
  const words = ["rehearse", "-f", join(root, "examples/default/migration.yaml"), "--runs", "2", "--json"];
  const ran = await run(...words, "--scenario", "shuffled-ids");
  expect(ran.output).toContain('"runs":2');
});

it("the bundled plugin reads a kubeconfig, and says that nobody answers", async () => {
  const config = {
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "u", user: { token: "t" } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  await writeFile(join(folder, "config"), JSON.stringify(config));
  const { code, output } = await run("status", "docs", "--kubeconfig", join(folder, "config"));
  expect({ code, output }).toMatchObject({ code: 1, output: expect.stringContaining("ECONNREFUSED") });
});

it("the bundled plugin waits for what a slow program before the pipe has to write", async () => {
  const command = `'${process.execPath}' '${join(folder, "kubectl-retriever.cjs")}'`;
  const manifest = join(root, "examples/default/migration.yaml");
  // Slower than any command begins to read: it runs two.
  const slow = `${command} --help > '${folder}/help'; ${command} --help > '${folder}/help'; cat '${manifest}'`;
  const piped = ["sh", "-c", `{ ${slow}; } | ${command} lint -f -`];
  const { code, output } = await runCommand(["env", `HOME=${folder}`, ...piped], { cwd: "/", deadlineSeconds: 120 });
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^-:1: RetrieverMigration .*: ok/) });
});

it("the bundled plugin keeps no code in the folder where it is typed, whatever the environment says", async () => {
  const place = join(folder, "somewhere");
  await mkdir(place);
  const set = ["env", "-i", `HOME=${folder}`, "XDG_CACHE_HOME=."];
  const words = [...set, process.execPath, join(folder, "kubectl-retriever.cjs"), "--version"];
  expect(await runCommand(words, { cwd: place, deadlineSeconds: 120 })).toMatchObject({ code: 0 });
  expect(await readdir(place)).toEqual([]);
});

it("a command of the bundled plugin that succeeded keeps its code, and one that is torn is written anew", async () => {
  const cache = join(folder, "code");
  const version = () =>
    runCommand(
      ["env", `NODE_COMPILE_CACHE=${cache}`, process.execPath, join(folder, "kubectl-retriever.cjs"), "--version"],
      {
        cwd: "/",
        deadlineSeconds: 120,
      },
    );
  const first = await version();
  const [kept = ""] = (await readdir(cache)).filter((name) => name.endsWith("---version"));
  const code = await readFile(join(cache, kept));
  await truncate(join(cache, kept), 5000);
  const second = await version();
  const third = await version();
  const outputs = [first, second, third].map(({ code: end, output }) => `${end} ${output}`);
  expect(outputs).toEqual(outputs.map(() => expect.stringMatching(/^0 0\./)));
  // Torn, it was neither run nor left so.
  expect((await readFile(join(cache, kept))).length).toBeGreaterThan(code.length / 2);
});

it("help on a command of the bundled plugin keeps no code for the command itself", async () => {
  const cache = join(folder, "asked");
  const bundled = join(folder, "kubectl-retriever.cjs");
  const words = ["env", `NODE_COMPILE_CACHE=${cache}`, process.execPath, bundled, "status", "--help"];
  expect(await runCommand(words, { cwd: "/", deadlineSeconds: 120 })).toMatchObject({ code: 0 });
  expect((await readdir(cache)).filter((name) => /-(status|help)$/.test(name))).toEqual([
    expect.stringMatching(/-help$/),
  ]);
});

it("a command of the bundled plugin that can't put its code in place leaves nothing behind", async () => {
  const cache = join(folder, "taken");
  const keep = () =>
    runCommand(
      ["env", `NODE_COMPILE_CACHE=${cache}`, process.execPath, join(folder, "kubectl-retriever.cjs"), "--version"],
      { cwd: "/", deadlineSeconds: 120 },
    );
  const files = async () => (await readdir(cache)).filter((name) => name.includes("---version"));
  await keep();
  const [kept = ""] = await files();
  await rm(join(cache, kept));
  await mkdir(join(cache, kept, "within"), { recursive: true });
  expect(await keep()).toMatchObject({ code: 0 });
  expect(await files()).toEqual([kept]);
});

it("a command of the bundled plugin that failed, or that can't write, keeps no code and says what it would", async () => {
  const cache = join(folder, "config");
  const bundled = join(folder, "kubectl-retriever.cjs");
  const at = (place: string, word: string) =>
    runCommand(["env", `NODE_COMPILE_CACHE=${place}`, process.execPath, bundled, word], {
      cwd: "/",
      deadlineSeconds: 120,
    });
  const failed = await at(join(folder, "none"), "statsu");
  expect(failed).toMatchObject({ code: 1, output: expect.stringContaining("status") });
  expect((await readdir(join(folder, "none"))).filter((name) => name.endsWith("-statsu"))).toEqual([]);
  expect(await at(cache, "--version")).toMatchObject({ code: 0, output: expect.stringMatching(/^0\./) });
});
