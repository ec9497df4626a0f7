import { OperatorError } from "@retriever/operator/errors.ts";
import type { KubeCall } from "@retriever/operator/kube/kube-request.ts";
import { describe, expect, test } from "vitest";
import { makeKubeClient } from "./kube-client.ts";

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

test("an act is created under a generated name, labelled and owned by its migration", async () => {
  const { client, calls } = arrange(() => ({ metadata: { name: "docs-abort-x1" } }));
  const spec = { migration: { name: "docs", uid: "u" }, act: "Abort", actor: "user-a", reason: "" } as const;
  expect(await client.createAct("search", spec, signal)).toBe("docs-abort-x1");
  expect(calls[0]).toMatchObject({
    method: "POST",
    body: {
      metadata: {
        namespace: "search",
        generateName: "docs-abort-",
        labels: { "retriever.dev/migration-uid": "u" },
        ownerReferences: [{ apiVersion: "retriever.dev/v1alpha1", kind: "RetrieverMigration", name: "docs", uid: "u" }],
      },
      spec,
    },
  });
});
