import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { openConnection } from "./connection.ts";
import type { KubeConnection } from "./kube-access.ts";

let folder = "";
let connection: KubeConnection | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "connection-"));
});
afterEach(async () => {
  await connection?.close();
  await rm(folder, { recursive: true });
});

async function writeConfig(user: object): Promise<string> {
  const file = join(folder, "config");
  const config = {
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1/base/", "insecure-skip-tls-verify": true } }],
    users: [{ name: "user-a", user }],
    contexts: [{ name: "x", context: { cluster: "c", user: "user-a", namespace: "search" } }],
    "current-context": "x",
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

describe("a connection", () => {
  test("takes server, namespace, user and token from the kubeconfig", async () => {
    connection = openConnection({ kubeconfig: await writeConfig({ token: "t-1" }), clock: new FakeClock() });
    expect(connection).toMatchObject({ server: "https://127.0.0.1:1/base", namespace: "search", userName: "user-a" });
    expect((await connection.authorize()).headers).toMatchObject({ authorization: "Bearer t-1" });
  });

  test("keeps one dispatcher, and makes another when the client certificate changes", async () => {
    const [certFile, keyFile] = [join(folder, "cert"), join(folder, "key")];
    await Promise.all([writeFile(certFile, "cert-1"), writeFile(keyFile, "key-1")]);
    const clock = new FakeClock();
    connection = openConnection({
      kubeconfig: await writeConfig({ "client-certificate": certFile, "client-key": keyFile }),
      clock,
    });
    const first = (await connection.authorize()).dispatcher;
    await clock.advance(11_000);
    expect((await connection.authorize()).dispatcher).toBe(first);
    await writeFile(certFile, "cert-2");
    expect((await connection.authorize()).dispatcher).toBe(first);
    await clock.advance(11_000);
    expect((await connection.authorize()).dispatcher).not.toBe(first);
  });

  test("told to forget reads its credentials at once", async () => {
    const certFile = join(folder, "cert");
    await writeFile(certFile, "cert-1");
    connection = openConnection({
      kubeconfig: await writeConfig({ "client-certificate": certFile }),
      clock: new FakeClock(),
    });
    const first = (await connection.authorize()).dispatcher;
    await writeFile(certFile, "cert-2");
    connection.forget();
    expect((await connection.authorize()).dispatcher).not.toBe(first);
  });

  test("to an unknown context lists the known ones", async () => {
    const kubeconfig = await writeConfig({ token: "secret-canary" });
    expect(() => openConnection({ kubeconfig, context: "y", clock: new FakeClock() })).toThrow(
      /no context "y".*it has: x/,
    );
  });

  test("without a readable kubeconfig says which file and why, not what is in it", async () => {
    const file = join(folder, "broken");
    await writeFile(file, "token: [secret-canary");
    const open = (kubeconfig: string) => () => openConnection({ kubeconfig, clock: new FakeClock() });
    expect(open(join(folder, "absent"))).toThrow(/absent can't be read \(ENOENT\)/);
    expect(open(file)).toThrow(/broken can't be read \(not a kubeconfig\)/);
  });
});
