import { describe, expect, test } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { makeClusterWrites } from "./cluster-writes.ts";

const meta = {
  namespace: "search",
  name: "docs",
  uid: "u",
  generation: 1,
  resourceVersion: "1",
  createdAt: 0,
  deleting: false,
  finalizers: [],
};
const { signal } = new AbortController();

/** Writes a status to a server that keeps of it what `keep` says. */
function write(keep: (status: Record<string, unknown>) => unknown): Promise<string> {
  const writes = makeClusterWrites(async ({ body }) => {
    const { status } = body as { readonly status: Record<string, unknown> };
    return { metadata: { resourceVersion: "2" }, status: keep(structuredClone(status)) };
  });
  return writes.writeStatus(meta, aStatus({ message: "warming up" }), signal);
}

describe("a status that is written", () => {
  test("and kept whole gives the object's new version", async () => {
    await expect(write((status) => status)).resolves.toBe("2");
  });

  test("to a server whose definition is older, which drops what it doesn't know, is refused by the field", async () => {
    const written = write(({ message: _message, ...status }) => status);
    await expect(written).rejects.toMatchObject({
      code: "ROP_DEFINITION_OUTDATED",
      message: expect.stringContaining("search/docs: the API server doesn't keep status.message"),
    });
  });
});
