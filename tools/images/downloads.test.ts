// What is fetched is what is pinned: the lock of the base image, and how it is written anew.
import { expect, it } from "vitest";
import { architectures, nodeOfLinux, parsePrintedUris, readBaseLock } from "./downloads.ts";

it("the base has the same packages for both architectures, each pinned by version and digest", () => {
  const lock = readBaseLock();
  const [amd64, arm64] = architectures.map((architecture) => lock[architecture]);
  expect(amd64?.map(({ name, version }) => [name, version])).toEqual(
    arm64?.map(({ name, version }) => [name, version]),
  );
  expect([...lock.amd64, ...lock.arm64].filter(({ sha256 }) => !/^[0-9a-f]{64}$/.test(sha256))).toEqual([]);
});

it("both architectures get one version of Node, each with a digest of its own", () => {
  const [amd64, arm64] = architectures.map(nodeOfLinux);
  expect(amd64?.version).toBe(arm64?.version);
  expect(amd64?.integrity).not.toBe(arm64?.integrity);
  expect(amd64?.integrity).toMatch(/^sha512-/);
});

it("what apt would fetch is pinned by name, version with its epoch, and digest, and everything else it says is passed over", () => {
  const digest = "0a".repeat(32);
  const text = `Reading package lists...
'https://archive.example/pool/libs/libstdc%2b%2b6_12.2.0-14%2bdeb12u1_arm64.deb' libstdc++6_12.2.0-14+deb12u1_arm64.deb 556608 SHA256:${digest}
'https://archive.example/pool/a/a_1.0_all.deb' a_1%3a1.0_all.deb 5 SHA256:${digest}
'https://archive.example/pool/b/b_1.0_arm64.deb' b_1.0_arm64.deb 5 SHA1:${digest}
`;
  expect(parsePrintedUris(text)).toEqual([
    { name: "a", version: "1:1.0", sha256: digest },
    { name: "libstdc++6", version: "12.2.0-14+deb12u1", sha256: digest },
  ]);
});
