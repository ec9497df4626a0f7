import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeSystemClock } from "@retriever/operator/adapters/system-clock.ts";
import { serverVersion } from "@retriever/operator/kube/resources.ts";
import { FakeClock } from "@retriever/operator/test/fakes/fake-clock.ts";
import { expect, test } from "vitest";
import { connect } from "./connect.ts";

const options = { kubeconfig: undefined, context: undefined, deadlineMs: 5000, as: undefined, groups: [] };

/** Knows one token, and who asks without it is nobody. */
async function startServer(token: string, date?: string) {
  const server = createServer(({ headers }, response) => {
    if (date !== undefined) response.setHeader("date", date);
    response.statusCode = headers.authorization === `Bearer ${token}` ? 200 : 401;
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const kubeconfig = (server: string, token: string) => kubeconfigOf(server, { token });

const kubeconfigOf = (server: string, user: object) =>
  JSON.stringify({
    clusters: [{ name: "c", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });

test("who logs in anew while a command runs is known to its next request", async () => {
  const folder = await mkdtemp(join(tmpdir(), "connect-"));
  const file = join(folder, "config");
  const { server, url } = await startServer("new");
  await writeFile(file, kubeconfig(url, "expired"));
  const connected = await connect(options, { files: [file] }, makeSystemClock());
  const ask = () =>
    connected.request({ method: "GET", place: { resource: serverVersion }, signal: AbortSignal.timeout(5000) });
  await expect(ask()).rejects.toMatchObject({ code: "ROP_UNAUTHENTICATED" });
  await writeFile(file, kubeconfig(url, "new"));
  await utimes(file, new Date(), new Date(Date.now() + 1000));
  expect(await ask()).toEqual({});
  await connected.close();
  server.close();
  await rm(folder, { recursive: true });
});

test("credentials for another cluster, to which the kubeconfig was turned meanwhile, go nowhere", async () => {
  const folder = await mkdtemp(join(tmpdir(), "connect-"));
  const file = join(folder, "config");
  const { server, url } = await startServer("old");
  await writeFile(file, kubeconfig(url, "old"));
  const connected = await connect(options, { files: [file] }, makeSystemClock());
  await writeFile(file, kubeconfig("http://127.0.0.1:1", "of-another-cluster"));
  await utimes(file, new Date(), new Date(Date.now() + 1000));
  const place = { resource: serverVersion };
  expect(await connected.request({ method: "GET", place, signal: AbortSignal.timeout(5000) })).toEqual({});
  await connected.close();
  server.close();
  await rm(folder, { recursive: true });
});

test("a context that becomes the current one meanwhile takes no running command to another user of the cluster", async () => {
  const folder = await mkdtemp(join(tmpdir(), "connect-"));
  const file = join(folder, "config");
  const { server, url } = await startServer("new");
  const users = (token: string, current: string) =>
    JSON.stringify({
      clusters: [{ name: "c", cluster: { server: url, "insecure-skip-tls-verify": true } }],
      users: [
        { name: "u", user: { token } },
        { name: "other", user: { token: "of-another-user" } },
      ],
      contexts: [
        { name: "x", context: { cluster: "c", user: "u" } },
        { name: "y", context: { cluster: "c", user: "other" } },
      ],
      "current-context": current,
    });
  await writeFile(file, users("expired", "x"));
  const connected = await connect(options, { files: [file], usual: file }, makeSystemClock());
  expect(connected).toMatchObject({ context: "x", kubeconfig: undefined });
  await writeFile(file, users("new", "y"));
  await utimes(file, new Date(), new Date(Date.now() + 1000));
  const place = { resource: serverVersion };
  expect(await connected.request({ method: "GET", place, signal: AbortSignal.timeout(5000) })).toEqual({});
  await connected.close();
  server.close();
  await rm(folder, { recursive: true });
});

test.each([
  ["Thu, 01 Jan 2026 00:00:00 GMT", 7_200_000],
  ["Thu, 01 Jan 2026 04:00:00 GMT", -7_200_000],
  ["Thu, 01 Jan 2026 01:59:57 GMT", 0],
  ["soon", 0],
])("a clock that says two o'clock where the server says %s is %i ms ahead", async (date, aheadMs) => {
  const folder = await mkdtemp(join(tmpdir(), "connect-"));
  const file = join(folder, "config");
  const { server, url } = await startServer("t", date);
  await writeFile(file, kubeconfig(url, "t"));
  const clock = new FakeClock(Date.parse("2026-01-01T02:00:00Z"));
  const connected = await connect(options, { files: [file] }, clock);
  expect(connected.clockAheadMs()).toBe(0);
  const { signal } = new AbortController();
  await connected.request({ method: "GET", place: { resource: serverVersion }, signal });
  expect(connected.clockAheadMs()).toBe(aheadMs);
  await connected.close();
  server.close();
  await rm(folder, { recursive: true });
});

test("a cluster that is only reached by the environment's proxy is asked by it, with its password", async () => {
  const folder = await mkdtemp(join(tmpdir(), "connect-"));
  const file = join(folder, "config");
  await writeFile(file, kubeconfig("http://kube.bank", "t"));
  const asked: unknown[] = [];
  const proxy = createServer(({ url, headers }, response) => {
    asked.push(url, headers["proxy-authorization"]);
    response.end("{}");
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", () => resolve()));
  const at = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const proxyFor = (server: string) => (server === "http://kube.bank" ? `http://a:s3cret@${at}` : undefined);
  const connected = await connect(options, { files: [file], proxyFor }, makeSystemClock());
  const place = { resource: serverVersion };
  expect(await connected.request({ method: "GET", place, signal: AbortSignal.timeout(5000) })).toEqual({});
  expect(asked).toEqual(["http://kube.bank/version", `Basic ${btoa("a:s3cret")}`]);
  expect(connected.proxy).toBe(at);
  await connected.close();
  proxy.close();
  await rm(folder, { recursive: true });
});

test.each(["socks5://a:s3cret@proxy:1080", "://s3cret"])("a proxy of no known kind (%s) is told of", async (proxy) => {
  const folder = await mkdtemp(join(tmpdir(), "connect-"));
  await writeFile(join(folder, "config"), kubeconfig("http://kube.bank", "t"));
  const logins = { files: [join(folder, "config")], proxyFor: () => proxy };
  const connected = await connect(options, logins, makeSystemClock());
  const place = { resource: serverVersion };
  const asked = connected.request({ method: "GET", place, signal: AbortSignal.timeout(5000) });
  await expect(asked).rejects.toThrow(/\(proxy-url in the kubeconfig, or HTTPS_PROXY\) is .*, expected http or https/);
  await expect(asked).rejects.not.toThrow(/s3cret/);
  await connected.close();
  await rm(folder, { recursive: true });
});

test("a kubeconfig that isn't there is named", async () => {
  const opened = connect(options, { files: ["/nowhere/config"] }, makeSystemClock());
  await expect(opened).rejects.toMatchObject({ code: "ROP_SETTINGS_INVALID" });
});

type Login = { readonly command: string; readonly args?: readonly string[]; readonly isAttended?: boolean };

/** What the first request of somebody comes to who logs in by this program. */
async function loginBy({ command, args = [], isAttended = false }: Login, deadlineMs = 5000): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), "connect-"));
  const file = join(folder, "config");
  const { server, url } = await startServer("new");
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command, args, interactiveMode: "Never" };
  await writeFile(file, kubeconfigOf(url, { exec }));
  const place = { environment: { HERE: folder }, isAttended, tell: () => undefined };
  const connected = await connect({ ...options, deadlineMs }, { files: [file], place }, makeSystemClock());
  const { signal } = new AbortController();
  const outcome = await connected
    .request({ method: "GET", place: { resource: serverVersion }, signal })
    .catch((fault: unknown) => fault);
  await connected.close();
  server.close();
  await rm(folder, { recursive: true });
  return outcome;
}

const sh = (script: string) => loginBy({ command: "sh", args: ["-c", script] });

test("a login program that isn't there, fails or answers nonsense is told of as such, without its answer", async () => {
  const ofLogin = (words: string) => ({
    code: "ROP_UNAUTHENTICATED",
    message: expect.stringContaining(words) as string,
  });
  expect(await loginBy({ command: "no-such-login" })).toMatchObject(
    ofLogin("user u by no-such-login failed: there is no such"),
  );
  expect(await sh("echo log in by SSO >&2; exit 3")).toMatchObject(ofLogin("user u by sh failed: log in by SSO"));
  const nonsense = await sh("echo token-s3cret");
  expect(nonsense).toMatchObject(ofLogin("its answer is no ExecCredential"));
  expect(String(nonsense)).not.toContain("s3cret");
});

test("a login program that never ends is given up after the time of a request", async () => {
  expect(await loginBy({ command: "sleep", args: ["60"] }, 200)).toMatchObject({ code: "ROP_DEADLINE_EXCEEDED" });
});

test("a login that somebody attends may take longer than a request", async () => {
  const args = ["-c", `sleep 0.4; echo '{"status":{"token":"new"}}'`];
  expect(await loginBy({ command: "sh", args, isAttended: true }, 200)).toEqual({});
});

test("a login that fails isn't tried a second time", async () => {
  expect(String(await sh('echo "$(ls $HERE)" >&2; : > $HERE/tried; exit 1'))).toMatch(/failed: config$/);
});
