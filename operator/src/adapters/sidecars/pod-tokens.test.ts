import { describe, expect, test } from "vitest";
import { OperatorError } from "#errors.ts";
import type { KubeCall } from "#kube/kube-request.ts";
import { makePodTokens, noTokens } from "./pod-tokens.ts";

const { signal } = new AbortController();
const peer = { address: "10.0.0.1", port: 7090, serverName: "search-api.search.svc", podUid: "uid-1" };

function tokenOf(claims: unknown): string {
  return ["e30", Buffer.from(JSON.stringify(claims)).toString("base64url"), "secret-canary"].join(".");
}

function reviewOf(more: object = {}, uids: readonly string[] = ["uid-1"]) {
  const user = { username: "system:serviceaccount:search:default", extra: { [podUidKey]: uids } };
  return { status: { authenticated: true, audiences: ["retriever-operator"], user, ...more } };
}
const podUidKey = "authentication.kubernetes.io/pod-uid";

function arrange(answer: unknown = reviewOf()) {
  const world = { now: 1_000_000, answer };
  const calls: KubeCall[] = [];
  const request = async (call: KubeCall): Promise<unknown> => {
    calls.push(call);
    if (world.answer instanceof Error) throw world.answer;
    return world.answer;
  };
  const tokens = makePodTokens({ request, clock: { now: () => world.now } as never });
  const prove = (token: string | string[] | undefined, asked = peer) =>
    tokens.prove(asked, { headers: { "retriever-pod-token": token } }, signal);
  const fail = (token: string | string[] | undefined): Promise<OperatorError> =>
    prove(token).then(
      () => Promise.reject(new Error("expected a fault")),
      (fault: unknown) => fault as OperatorError,
    );
  return { world, calls, prove, fail, tokens };
}

describe("a pod's token", () => {
  test("is reviewed for the operator's audience, and once until it ends", async () => {
    const { world, calls, prove } = arrange();
    const token = tokenOf({ exp: 1300 });
    await prove(token);
    world.now = 1_299_999;
    await prove(token);
    expect(calls.map(({ method, place, body }) => [method, place.resource.plural, body])).toEqual([
      [
        "POST",
        "tokenreviews",
        {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenReview",
          spec: { token, audiences: ["retriever-operator"] },
        },
      ],
    ]);
    world.now = 1_300_000;
    await prove(token);
    expect(calls).toHaveLength(2);
  });

  test("that claims to be good for years is reviewed again after an hour", async () => {
    const { world, calls, prove } = arrange();
    const token = tokenOf({ exp: 1e12 });
    await prove(token);
    world.now += 3_600_001;
    await prove(token);
    expect(calls).toHaveLength(2);
  });

  test("of one pod is never taken for another, proved before or not", async () => {
    const { calls, prove, tokens } = arrange();
    const token = tokenOf({ exp: 1300 });
    await prove(token);
    const other = tokens.prove({ ...peer, podUid: "uid-2" }, { headers: { "retriever-pod-token": token } }, signal);
    await expect(other).rejects.toMatchObject({ code: "ROP_SIDECAR_NOT_PROVED" });
    expect(calls).toHaveLength(2);
  });

  test.each<[string, unknown, string]>([
    ["isn't valid", { status: { authenticated: false, error: "secret-canary" } }, "isn't valid"],
    ["is for the API server", reviewOf({ audiences: ["https://kubernetes.default.svc"] }), "isn't valid"],
    ["is reviewed by one who knows no audiences", reviewOf({ audiences: undefined }), "isn't valid"],
    ["is another pod's", reviewOf({}, ["uid-2"]), "another pod's"],
    ["is two pods'", reviewOf({}, ["uid-1", "uid-1"]), "another pod's"],
    ["is bound to no pod", reviewOf({ user: { username: "a" } }), "another pod's"],
  ])("that %s is refused, and shown nowhere", async (_, answer, words) => {
    const fault = await arrange(answer).fail(tokenOf({ exp: 1300 }));
    expect([fault.code, fault.message]).toEqual(["ROP_SIDECAR_NOT_PROVED", expect.stringContaining(words)]);
    expect(JSON.stringify([fault.message, fault.cause])).not.toContain("secret-canary");
  });

  test.each<[string, string | string[] | undefined]>([
    ["isn't there", undefined],
    ["comes twice", ["a", "b"]],
    ["has no end", tokenOf({})],
    ["ends at no time", tokenOf({ exp: "soon" })],
    ["is no token", "secret-canary"],
    ["is longer than any", `${tokenOf({ exp: 1300 })}${"a".repeat(8192)}`],
  ])("that %s is refused before the API server is asked", async (_, token) => {
    const { calls, fail } = arrange();
    expect((await fail(token)).code).toBe("ROP_SIDECAR_NOT_PROVED");
    expect(calls).toEqual([]);
  });

  test("proves nothing for a pod without a uid", async () => {
    const { calls, prove } = arrange(reviewOf({}, [""]));
    const asked = prove(tokenOf({ exp: 1300 }), { ...peer, podUid: "" });
    await expect(asked).rejects.toMatchObject({ code: "ROP_SIDECAR_NOT_PROVED" });
    expect(calls).toEqual([]);
  });

  test("that can't be reviewed is a fault of the API server's, and isn't remembered", async () => {
    const { world, fail, prove } = arrange(new OperatorError("ROP_FORBIDDEN", "create tokenreviews"));
    expect((await fail(tokenOf({ exp: 1300 }))).code).toBe("ROP_FORBIDDEN");
    world.answer = { status: "secret-canary" };
    expect((await fail(tokenOf({ exp: 1300 }))).code).toBe("ROP_API_ANSWER_INVALID");
    world.answer = reviewOf();
    await prove(tokenOf({ exp: 1300 }));
  });

  test("isn't asked of pods that needn't prove themselves, whoever asks them", async () => {
    const plain = { address: "10.0.0.1", port: 7090 };
    await arrange(new Error("asked")).tokens.prove(plain, { headers: {} }, signal);
    await noTokens.prove(plain, { headers: {} }, signal);
    await expect(noTokens.prove(peer, { headers: {} }, signal)).rejects.toMatchObject({
      code: "ROP_SIDECAR_NOT_PROVED",
    });
  });
});
