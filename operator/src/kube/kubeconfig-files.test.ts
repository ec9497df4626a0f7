import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readKubeconfigs } from "./kubeconfig-files.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
});
afterEach(() => rm(folder, { recursive: true }));

type Parts = {
  readonly cluster?: object;
  readonly user?: object;
  readonly name?: string;
  readonly context?: string;
  readonly current?: string;
  /** The user that the context names. */
  readonly by?: string;
};

async function aConfig(parts: Parts = {}) {
  const { cluster, user = {}, name = "config", context = "x", current = context, by = "user-a" } = parts;
  const file = join(folder, name);
  const config = {
    clusters: [{ name: "c", cluster: { server: `https://${name}`, ...cluster } }],
    users: [{ name: "user-a", user }],
    contexts: [{ name: context, context: { cluster: "c", user: by, namespace: "search" } }],
    "current-context": current,
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

async function applied(parts: Parts): Promise<RequestOptions> {
  const request: RequestOptions = {};
  await (await readKubeconfigs([await aConfig(parts)], undefined)).apply(request);
  return request;
}

test.each([
  ["a token", { user: { token: "t-1" } }, { headers: { authorization: "Bearer t-1" } }],
  ["a password", { user: { username: "a", password: "b" } }, { headers: {}, auth: "a:b" }],
  [
    "another's name",
    { user: { token: "t", as: "b" } },
    { headers: { "impersonate-user": "b", authorization: "Bearer t" } },
  ],
  [
    "another's groups",
    { user: { token: "t", as: "b", "as-groups": ["sre", "dev"] } },
    { headers: { "impersonate-user": "b", "impersonate-group": ["sre", "dev"], authorization: "Bearer t" } },
  ],
  [
    "an authority and a certificate in it",
    {
      cluster: { "certificate-authority-data": btoa("ca"), "tls-server-name": "kube" },
      user: { "client-certificate-data": btoa("cert"), "client-key-data": btoa("key") },
    },
    { ca: Buffer.from("ca"), cert: Buffer.from("cert"), key: Buffer.from("key"), servername: "kube", headers: {} },
  ],
  [
    "no proof of the server",
    { cluster: { "insecure-skip-tls-verify": true } },
    { rejectUnauthorized: false, headers: {} },
  ],
] as const)("a kubeconfig with %s applies it", async (_, parts, request) => {
  expect(await applied(parts)).toEqual(request);
});

test("files that a kubeconfig names are meant from its folder, and read anew", async () => {
  await writeFile(join(folder, "ca.pem"), "ca-1");
  const { apply } = await readKubeconfigs(
    [await aConfig({ cluster: { "certificate-authority": "ca.pem" } })],
    undefined,
  );
  await writeFile(join(folder, "ca.pem"), "ca-2");
  const request: RequestOptions = {};
  await apply(request);
  expect(request.ca).toEqual(Buffer.from("ca-2"));
  await rm(join(folder, "ca.pem"));
  await expect(apply(request)).rejects.toThrow(/ca\.pem, which the kubeconfig names, can't be read \(ENOENT\)/);
});

test("a token in a file is meant from the kubeconfig's folder, read anew, and comes before one in it", async () => {
  await writeFile(join(folder, "token"), "t-1\n");
  const { apply } = await readKubeconfigs([await aConfig({ user: { tokenFile: "token", token: "old" } })], undefined);
  await writeFile(join(folder, "token"), "t-2\n");
  const request: RequestOptions = {};
  await apply(request);
  expect(request.headers).toEqual({ authorization: "Bearer t-2" });
  await rm(join(folder, "token"));
  await expect(apply(request)).rejects.toThrow(/token, which the kubeconfig names, can't be read \(ENOENT\)/);
});

test("entries that are left half set are in nobody's way who doesn't use them", async () => {
  const file = await aConfig();
  const config = JSON.parse(await readFile(file, "utf8")) as Record<"clusters" | "contexts" | "users", object[]>;
  config.contexts.unshift({ name: "half", context: { namespace: "y" } });
  config.clusters.unshift({ name: "half", cluster: {} });
  config.users.unshift({ user: null });
  config.contexts.push({ name: "z", context: { cluster: "half", user: "user-a" } });
  await writeFile(file, JSON.stringify(config));
  expect(await readKubeconfigs([file], undefined)).toMatchObject({ server: "https://config", userName: "user-a" });
  await expect(readKubeconfigs([file], "z")).rejects.toThrow(/cluster half, which is not in .*, or without a server/);
});

test.each(["foo", "10.0.0.1:6443", "https://a:b:c"])("a server %s is told of as no address", async (server) => {
  const read = readKubeconfigs([await aConfig({ cluster: { server } })], undefined);
  await expect(read).rejects.toThrow(`cluster c has the server ${server}; expected https://host:port`);
});

test.each(["https://ada:secret-canary@kube:6443", "https://secret-canary@kube", "ada:secret-canary@kube"])(
  "a server with a user in its address is refused without the password: %s",
  async (server) => {
    const fault = await readKubeconfigs([await aConfig({ cluster: { server } })], undefined).catch(String);
    expect(fault).toContain("cluster c has a user in the address of its server");
    expect(fault).not.toContain("secret-canary");
  },
);

test("of an entry in several kubeconfigs the first counts, and the first current context", async () => {
  const files = [await aConfig({ name: "one", current: "" }), await aConfig({ name: "two", context: "y" })];
  expect(await readKubeconfigs(files, undefined)).toMatchObject({ server: "https://one", namespace: "search" });
  expect(await readKubeconfigs(files, "x")).toMatchObject({ userName: "user-a" });
});

test("a login by a program has what it answers, and on whose behalf the kubeconfig says", async () => {
  const answer = { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token: "t-2" } };
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "echo", args: [JSON.stringify(answer)] };
  const { headers } = await applied({ user: { exec, as: "b", "as-groups": ["sre"] } });
  expect(headers).toEqual({ authorization: "Bearer t-2", "impersonate-user": "b", "impersonate-group": ["sre"] });
  expect((await applied({ user: { exec, token: "t-1" } })).headers).toEqual({ authorization: "Bearer t-1" });
});

test("a login program with a folder in its name is meant from the folder of the kubeconfig", async () => {
  await writeFile(join(folder, "login"), `#!/bin/sh\necho '{"status":{"token":"t-3"}}'\n`, { mode: 0o700 });
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "./login" };
  expect((await applied({ user: { exec } })).headers).toEqual({ authorization: "Bearer t-3" });
});

test("a login program answers with a certificate in place of a token", async () => {
  const status = { clientCertificateData: "cert", clientKeyData: "key" };
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "echo", args: [JSON.stringify({ status })] };
  expect(await applied({ user: { exec } })).toMatchObject({ cert: Buffer.from("cert"), key: Buffer.from("key") });
});

test.each([
  ["a context that isn't there", async () => [await aConfig()], "z", /no context "z" in .*; it has: x/],
  [
    "no current context",
    async () => [await aConfig({ current: "" })],
    undefined,
    /no current context in .*; it has: x/,
  ],
  ["a user that isn't there", async () => [await aConfig({ by: "gone" })], "x", /context x names the user gone, which/],
  ["a file that isn't there", async () => ["/absent/config"], undefined, /\/absent\/config can't be read \(ENOENT\)/],
] as const)("%s is said with what there is", async (_, files, context, words) => {
  await expect(readKubeconfigs(await files(), context)).rejects.toThrow(words);
});

test("a context may name no user", async () => {
  expect(await readKubeconfigs([await aConfig({ by: "" })], undefined)).toMatchObject({ userName: "" });
});

test("what isn't a kubeconfig is said without what is in it", async () => {
  await writeFile(join(folder, "broken"), "token: [secret-canary");
  const read = readKubeconfigs([join(folder, "broken")], undefined);
  await expect(read).rejects.toThrow(/broken can't be read \(not a kubeconfig\)/);
  await expect(read).rejects.not.toThrow(/secret-canary/);
});

test("a plain connection is refused, since it would show the credentials", async () => {
  await expect(applied({ cluster: { server: "http://c" }, user: { token: "t" } })).rejects.toThrow(/expected https:/);
});
