import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { connectTo, type KubeAccess, type KubeConnection } from "./kube-access.ts";
import { readKubeconfigs } from "./kubeconfig-files.ts";

let folder = "";
let connection: KubeConnection | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "connection-"));
});
afterEach(async () => {
  await connection?.close();
  await rm(folder, { recursive: true });
});

async function access(user: object): Promise<KubeAccess> {
  const file = join(folder, "config");
  const config = {
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1/base/", "insecure-skip-tls-verify": true } }],
    users: [{ name: "user-a", user }],
    contexts: [{ name: "x", context: { cluster: "c", user: "user-a", namespace: "search" } }],
    "current-context": "x",
  };
  await writeFile(file, JSON.stringify(config));
  return readKubeconfigs([file], undefined);
}

describe("a connection", () => {
  test("takes server, namespace, user and token from the kubeconfig", async () => {
    connection = connectTo(await access({ token: "t-1" }), { clock: new FakeClock() });
    expect(connection).toMatchObject({ server: "https://127.0.0.1:1/base", namespace: "search", userName: "user-a" });
    expect((await connection.authorize()).headers).toMatchObject({ authorization: "Bearer t-1" });
  });

  test("keeps one dispatcher, and makes another when the client certificate changes", async () => {
    const [certFile, keyFile] = [join(folder, "cert"), join(folder, "key")];
    await Promise.all([writeFile(certFile, "cert-1"), writeFile(keyFile, "key-1")]);
    const clock = new FakeClock();
    connection = connectTo(await access({ "client-certificate": certFile, "client-key": keyFile }), { clock });
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
    connection = connectTo(await access({ "client-certificate": certFile }), { clock: new FakeClock() });
    const first = (await connection.authorize()).dispatcher;
    await writeFile(certFile, "cert-2");
    connection.forget();
    expect((await connection.authorize()).dispatcher).not.toBe(first);
  });
});
