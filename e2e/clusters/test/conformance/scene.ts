// What every conformance check works with: a client, a namespace of its own, and short ways to speak of objects.
// Creates and removes only what carries the suite's own names.
import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { at, type Body, type Client, connect, type Reply } from "./client.ts";

export type Scene = AsyncDisposable & {
  readonly client: Client;
  /** The answer to a request that must be served: 201 for a POST, else 200. */
  readonly ok: (...request: Parameters<Client["request"]>) => Promise<Body>;
  /** The Status of a request that must be refused for this reason. */
  readonly refused: (reason: keyof typeof codes, ...request: Parameters<Client["request"]>) => Promise<Body>;
  readonly namespace: string;
  /** A name nobody else uses. */
  readonly name: (prefix: string) => string;
  readonly configMaps: string;
  readonly leases: string;
  readonly widgets: string;
};

/** One thing that must hold, on the double as on a real API server. */
type Check = (scene: Scene) => Promise<void>;
export type Checks = Readonly<Record<string, Check>>;

export const mergePatch = "application/merge-patch+json";
export const applyPatch = "application/apply-patch+yaml";

const codes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  AlreadyExists: 409,
  Conflict: 409,
  UnsupportedMediaType: 415,
  Invalid: 422,
} as const;

export const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** Opens a namespace for the suite; disposing deletes it. */
export async function openScene(kubeconfig: string): Promise<Scene> {
  const client = connect(kubeconfig);
  const name = (prefix: string) => `${prefix}-${randomBytes(4).toString("hex")}`;
  const namespace = name("conformance");
  const ok: Scene["ok"] = async (...request) =>
    expectStatus(await client.request(...request), request[0] === "POST" ? 201 : 200);
  await ok("POST", "/api/v1/namespaces", { body: { metadata: { name: namespace } } });
  return {
    client,
    ok,
    refused: async (reason, ...request) => expectFailure(await client.request(...request), codes[reason], reason),
    namespace,
    name,
    configMaps: `/api/v1/namespaces/${namespace}/configmaps`,
    leases: `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
    widgets: `/apis/test.retriever.dev/v1/namespaces/${namespace}/widgets`,
    [Symbol.asyncDispose]: async () => {
      await client.request("DELETE", `/api/v1/namespaces/${namespace}`);
      await client[Symbol.asyncDispose]();
    },
  };
}

/** The body of a reply that has this status; the failure shows what came instead. */
export function expectStatus(reply: Reply, status: number): Body {
  expect({ status: reply.status, body: reply.status === status ? undefined : reply.body }).toEqual({
    status,
    body: undefined,
  });
  return reply.body;
}

/** Expects a failed Status with this code and reason. */
export function expectFailure(reply: Reply, code: number, reason: string): Body {
  const { kind, status, message } = reply.body;
  const got = { http: reply.status, kind, status, code: reply.body["code"], reason: reply.body["reason"], message };
  expect(got).toEqual({ http: code, kind: "Status", status: "Failure", code, reason, message });
  return reply.body;
}

/** The fields that the causes of a failed Status name. */
export function causeFields(status: Body): readonly unknown[] {
  const causes = at(status, "details", "causes");
  return Array.isArray(causes) ? causes.map((cause: unknown) => at(cause, "field")) : [];
}

export function versionOf(object: Body): string {
  return String(at(object, "metadata", "resourceVersion"));
}

/** Creates a ConfigMap and returns it. */
export async function createConfigMap(scene: Scene, metadata: Body, data: Body = {}): Promise<Body> {
  return scene.ok("POST", scene.configMaps, { body: { metadata, data } });
}
