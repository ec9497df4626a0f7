// The few calls that demo and stories make to a Kubernetes API, over a kubeconfig with a token.
import { readFileSync } from "node:fs";
import { Agent, request } from "undici";
import { parse } from "yaml";
import { z } from "zod";
import { patienceMs } from "#support/patience.ts";

const kubeconfigSchema = z.object({
  clusters: z
    .array(z.object({ cluster: z.object({ server: z.string(), "certificate-authority-data": z.string() }) }))
    .min(1),
  users: z.array(z.object({ user: z.object({ token: z.string() }) })).min(1),
});

type KubeObject = {
  readonly metadata: { readonly name: string; readonly uid: string; readonly namespace?: string };
  readonly [member: string]: unknown;
};

export type User = { readonly name: string; readonly groups: readonly string[] };

export type KubeCall = {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: object;
  /** Default: JSON, of a PATCH a merge patch. */
  readonly contentType?: string;
  /** Asks in the name of another user; the kubeconfig's must be allowed to impersonate. */
  readonly as?: User;
};

export type KubeClient = {
  /** Undefined when it doesn't exist. */
  readonly get: (path: string) => Promise<KubeObject | undefined>;
  readonly list: (path: string) => Promise<readonly KubeObject[]>;
  readonly create: (path: string, object: object) => Promise<KubeObject>;
  readonly mergePatch: (path: string, patch: object) => Promise<KubeObject>;
  readonly remove: (path: string) => Promise<void>;
  /** What becomes of a request: `allowed`, or the server's message. */
  readonly ask: (call: KubeCall) => Promise<string>;
  readonly close: () => Promise<void>;
};

const deadlineMs = 10_000;
const usualTypes = {
  GET: "application/json",
  POST: "application/json",
  PATCH: "application/merge-patch+json",
  DELETE: "application/json",
} as const;

/** An answer of the API that isn't a success. */
export class KubeError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = "KubeError";
    this.status = status;
  }
}

/** Client for the first cluster and user of a kubeconfig file. */
export function makeKubeClient(kubeconfig: string): KubeClient {
  const { clusters, users } = kubeconfigSchema.parse(parse(readFileSync(kubeconfig, "utf8")));
  const cluster = clusters[0]?.cluster;
  const token = users[0]?.user.token;
  if (cluster === undefined || token === undefined) throw new Error(`${kubeconfig} names no cluster or user`);
  const ca = Buffer.from(cluster["certificate-authority-data"], "base64").toString("utf8");
  // Over HTTP/2 several groups to impersonate would become one.
  const dispatcher = new Agent({ allowH2: false, connect: { ca } });
  const call = async ({ method, path, body, as, contentType = usualTypes[method] }: KubeCall): Promise<unknown> => {
    const answer = await request(`${cluster.server}${path}`, {
      method,
      dispatcher,
      signal: AbortSignal.timeout(patienceMs(deadlineMs)),
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": contentType }),
        ...(as === undefined
          ? {}
          : { "impersonate-user": as.name, "impersonate-group": [...as.groups, "system:authenticated"] }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const parsed: unknown = await answer.body.json();
    if (answer.statusCode < 300) return parsed;
    const { message = `status ${answer.statusCode}` } = parsed as { message?: string };
    throw new KubeError(answer.statusCode, `${method} ${path}: ${message}`);
  };
  const get = async (path: string) => {
    try {
      return (await call({ method: "GET", path })) as KubeObject;
    } catch (fault) {
      if (fault instanceof KubeError && fault.status === 404) return undefined;
      throw fault;
    }
  };
  return {
    get,
    list: async (path) => ((await call({ method: "GET", path })) as { items: readonly KubeObject[] }).items,
    create: async (path, body) => (await call({ method: "POST", path, body })) as KubeObject,
    mergePatch: async (path, body) => (await call({ method: "PATCH", path, body })) as KubeObject,
    remove: async (path) => void (await call({ method: "DELETE", path })),
    ask: (asked) =>
      call(asked).then(
        () => "allowed",
        (fault: unknown) => {
          if (fault instanceof KubeError) return fault.message;
          throw fault;
        },
      ),
    close: () => dispatcher.close(),
  };
}
