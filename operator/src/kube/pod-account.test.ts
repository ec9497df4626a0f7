import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { podAddressOf, readPodAccount } from "./pod-account.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pod-account-"));
  const files = { namespace: "search\n", token: "t-1\n", "ca.crt": "authority" };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
});
afterEach(() => rm(folder, { recursive: true }));

test("a pod knows its API server by the environment, and nothing else is a pod", () => {
  const port = "6443";
  expect(podAddressOf({ KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: port })).toEqual({
    host: "10.0.0.1",
    port,
  });
  expect(podAddressOf({ KUBERNETES_SERVICE_HOST: "10.0.0.1" })).toEqual({ host: "10.0.0.1", port: "443" });
  expect(podAddressOf({ KUBERNETES_SERVICE_PORT: port })).toBeUndefined();
});

test("a pod's account has the authority and the token that the kubelet mounts, as they are now", async () => {
  const account = await readPodAccount({ host: "fd00::1", port: "443" }, folder);
  expect(account).toMatchObject({ server: "https://[fd00::1]:443", namespace: "search", context: "" });
  const first = { headers: {} };
  await account.apply(first);
  expect(first).toEqual({ ca: "authority", headers: { authorization: "Bearer t-1" } });
  await writeFile(join(folder, "token"), "t-2");
  const next = { headers: {} };
  await account.apply(next);
  expect(next.headers).toEqual({ authorization: "Bearer t-2" });
});

test("a pod without a mounted account is told which file is missing", async () => {
  await rm(join(folder, "namespace"));
  await expect(readPodAccount({ host: "10.0.0.1", port: "443" }, folder)).rejects.toMatchObject({
    code: "ROP_SETTINGS_INVALID",
    message: expect.stringContaining("namespace can't be read (ENOENT)"),
  });
});
