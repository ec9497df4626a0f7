import { migrationUidLabel } from "@retriever/crds/migration.ts";
import { OperatorError } from "@retriever/operator/errors.ts";
import type { KubeCall } from "@retriever/operator/kube/kube-request.ts";
import { describe, expect, test } from "vitest";
import { actDocument, makeKubeClient } from "./kube-client.ts";

const { signal } = new AbortController();

function arrange(answer: (call: KubeCall) => unknown) {
  const calls: KubeCall[] = [];
  const client = makeKubeClient(async (call) => {
    calls.push(call);
    return answer(call);
  }, "from-kubeconfig");
  return { client, calls };
}

describe("who we are", () => {
  test("is what the server says", async () => {
    const { client } = arrange(() => ({ status: { userInfo: { username: "user-a" } } }));
    expect(await client.whoAmI(signal)).toBe("user-a");
  });

  test.each(["ROP_NOT_FOUND", "ROP_FORBIDDEN", "ROP_INVALID"] as const)(
    "is the kubeconfig's name when the server answers %s",
    async (code) => {
      const { client } = arrange(() => {
        throw new OperatorError(code, "review");
      });
      expect(await client.whoAmI(signal)).toBe("from-kubeconfig");
    },
  );

  test("is unknown when the server is away: nothing is assumed", async () => {
    const { client } = arrange(() => {
      throw new OperatorError("ROP_API_UNAVAILABLE", "review");
    });
    await expect(client.whoAmI(signal)).rejects.toMatchObject({ code: "ROP_API_UNAVAILABLE" });
  });
});

describe("an act", () => {
  const spec = { migration: { name: "docs", uid: "u" }, act: "Abort", actor: "user-a", reason: "" } as const;

  test("is sent under a generated name, labelled and owned by its migration", async () => {
    const { client, calls } = arrange(() => ({ metadata: { name: "docs-abort-x1" } }));
    expect(await client.createAct(actDocument("search", spec), false, signal)).toMatchObject({
      metadata: { name: "docs-abort-x1" },
    });
    expect(calls[0]).toMatchObject({
      method: "POST",
      body: {
        metadata: {
          namespace: "search",
          generateName: "docs-abort-",
          labels: { [migrationUidLabel]: "u" },
          ownerReferences: [
            { apiVersion: "retriever.dev/v1alpha1", kind: "RetrieverMigration", name: "docs", uid: "u" },
          ],
        },
        spec,
      },
    });
  });

  test("without a UID is bound to nothing but the name", () => {
    expect(actDocument("search", { ...spec, migration: { name: "docs" } }).metadata).toEqual({
      namespace: "search",
      generateName: "docs-abort-",
    });
  });
});

test("a right is unknown where the server has no such review", async () => {
  const right = { verb: "create", group: "retriever.dev", resource: "migrationacts" };
  const { client } = arrange(() => ({ status: { allowed: false } }));
  expect(await client.mayI(right, signal)).toBe(false);
  const { client: older } = arrange(() => {
    throw new OperatorError("ROP_NOT_FOUND", "review");
  });
  expect(await older.mayI(right, signal)).toBeUndefined();
});

test("events of a migration come in order, whichever kind of time they have", async () => {
  const raw = (reason: string, times: object) => ({ type: "Normal", reason, message: "m", ...times });
  const items = [
    raw("Late", { lastTimestamp: "2026-01-02T00:00:00Z", count: 3 }),
    raw("Early", { eventTime: "2026-01-01T00:00:00Z" }),
  ];
  const { client, calls } = arrange(() => ({ items, metadata: {} }));
  expect(
    (await client.listEvents({ namespace: "search", name: "docs" }, signal)).map(
      ({ reason, count }) => `${reason} ${count}`,
    ),
  ).toEqual(["Early 1", "Late 3"]);
  expect(calls[0]?.query).toMatchObject({ fieldSelector: expect.stringContaining("involvedObject.name=docs") });
});
