// The key of a build: the same for the same inputs, another for any other.
import { expect, it } from "vitest";
import { versionFolder } from "./cache-folder.ts";

it("names one folder for the same inputs, and another when one byte moves from one input to the next", () => {
  const folder = versionFolder("kubernetes-v1", ["go1.26", "module a"]);
  expect(folder).toMatch(/\/\.cache\/retriever-migration-operator\/kubernetes-v1-[0-9a-f]{12}$/);
  expect(versionFolder("kubernetes-v1", ["go1.26", "module a"])).toBe(folder);
  expect(versionFolder("kubernetes-v1", ["go1.26m", "odule a"])).not.toBe(folder);
});
