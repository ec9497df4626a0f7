import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type LoginProgram, makeExecLogin } from "./exec-login.ts";
import type { LoginPlace } from "./login-place.ts";

let folder = "";
let told = "";
beforeEach(async () => {
  told = "";
  folder = await mkdtemp(join(tmpdir(), "login-"));
});
afterEach(() => rm(folder, { recursive: true }));

const answer = (status: object) =>
  JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status });

/** A shell that notes each run of it, and what it was told, before it does what the script says. */
function aLogin(script: string, more: LoginProgram = {}, place: Partial<LoginPlace> = {}) {
  const noted = `echo "$KUBERNETES_EXEC_INFO" >> ${join(folder, "runs")}; ${script}`;
  const program = { apiVersion: "client.authentication.k8s.io/v1", command: "sh", args: ["-c", noted], ...more };
  const at = { environment: { FROM: "outside" }, isAttended: false, tell: (text: string) => void (told += text) };
  return makeExecLogin({ userName: "u", program, cluster: { server: "https://c" } }, { ...at, ...place });
}

const print = (status: object) => `echo '${answer(status)}'`;
const runs = async () => (await readFile(join(folder, "runs"), "utf8")).trim().split("\n");

test("a login that many requests wait for at once is made once, and not again while it counts", async () => {
  const login = aLogin(print({ token: "t-1" }));
  const all = await Promise.all([login.credential(), login.credential(), login.credential()]);
  expect([...all, await login.credential()].map(({ token }) => token)).toEqual(["t-1", "t-1", "t-1", "t-1"]);
  expect(await runs()).toHaveLength(1);
});

test.each([
  ["whose credential is over", { token: "t", expirationTimestamp: "2020-01-01T00:00:00Z" }, () => undefined],
  ["that the server doesn't take", { token: "t" }, (login: ReturnType<typeof aLogin>) => login.forget()],
])("a login %s is made anew", async (_, status, between) => {
  const login = aLogin(print(status));
  await login.credential();
  between(login);
  await login.credential();
  expect(await runs()).toHaveLength(2);
});

test("a program has the environment, its own variables, and is told that nobody is there to be asked", async () => {
  const login = aLogin(`echo '{"status":{"token":"'$FROM-$OWN'"}}'`, { env: [{ name: "OWN", value: "b" }] });
  expect(await login.credential()).toEqual({ token: "outside-b" });
  const info = { kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v1", spec: { interactive: false } };
  expect((await runs()).map((line) => JSON.parse(line) as unknown)).toEqual([info]);
});

test("a program that asks for the cluster is told of it", async () => {
  await aLogin(print({ token: "t" }), { provideClusterInfo: true }).credential();
  const [line = ""] = await runs();
  expect(JSON.parse(line)).toMatchObject({ spec: { cluster: { server: "https://c" } } });
});

test("what a program says to the person is told while it runs", async () => {
  const go = join(folder, "go");
  const login = aLogin(`echo type ABC at example >&2; until [ -e ${go} ]; do :; done; ${print({ token: "t" })}`);
  const running = login.credential();
  await expect.poll(() => told).toContain("type ABC at example");
  await writeFile(go, "");
  expect(await running).toEqual({ token: "t" });
});

test("a program that nobody attends has an empty input, and one that has to ask isn't run", async () => {
  expect(await aLogin(`cat; ${print({ token: "t" })}`).credential()).toEqual({ token: "t" });
  const asking = aLogin(print({ token: "t" }), { interactiveMode: "Always" });
  await expect(asking.credential()).rejects.toThrow(/it has to ask, and nobody sits at the input/);
});

test("an answer without a credential is none", async () => {
  await expect(aLogin(print({})).credential()).rejects.toThrow(/its answer is no ExecCredential/);
});

test("a program that never stops talking is ended, and what it said is no credential", async () => {
  const login = aLogin("yes");
  await expect(login.credential()).rejects.toMatchObject({
    code: "ROP_UNAUTHENTICATED",
    message: expect.stringContaining("its answer is no ExecCredential"),
  });
});
