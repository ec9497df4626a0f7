import { expect, it } from "vitest";
import type { KubeCall } from "#kube/kube-request.ts";
import { makeLeaseStore } from "./lease-store.ts";

it("a lease tells the release of who wrote it, and can be found as an operator's, when it is made and ever after", async () => {
  const calls: KubeCall[] = [];
  const request = async (call: KubeCall) => {
    calls.push(call);
    return call.body;
  };
  const store = makeLeaseStore(request, { namespace: "ops", name: "lease", version: "1.2.3" });
  const record = { holder: "a", durationSeconds: 15, renewedAt: 0, acquiredAt: 0, transitions: 0 };
  const { signal } = new AbortController();
  for (const over of [undefined, "7"]) await store.write(record, over, signal);
  expect(calls.map(({ method }) => method)).toEqual(["POST", "PUT"]);
  for (const { body } of calls)
    expect(body).toMatchObject({
      metadata: {
        labels: { "app.kubernetes.io/name": "retriever-migration-operator", "app.kubernetes.io/component": "operator" },
        annotations: { "retriever.dev/version": "1.2.3" },
      },
    });
});
