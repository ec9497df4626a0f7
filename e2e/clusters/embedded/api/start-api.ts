// Starts the embedded Kubernetes API: store, registry, certificates, kubeconfigs, HTTPS server.
// The composition root of the API double; everything it holds ends with close().
import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { listen } from "#support/http-server.ts";
import { makeCertificates } from "./http/certificate.ts";
import { type Faults, makeFaults, makeRequestLog, type RequestLog } from "./http/faults.ts";
import { renderKubeconfig } from "./http/kubeconfig.ts";
import { makeServer } from "./http/server.ts";
import { NoSuchPath } from "./model/failure.ts";
import { Store } from "./model/store.ts";
import { makeRegistry } from "./resources/registry.ts";
import { type Answer, answer } from "./verbs/answer.ts";
import type { Admission, Call, Cluster, User } from "./verbs/call.ts";
import type { Verb } from "./verbs/query.ts";

type ApiOptions = {
  /** Users by name; `operator` and `admin` when absent. Tokens are made at start. */
  readonly users?: Readonly<Record<string, User>>;
  /** Where kubeconfig files are written. */
  readonly directory: string;
  readonly bookmarkEveryMs?: number;
  readonly maxHistory?: number;
};

/** A call from inside the process, such as the pod runner's. */
export type DirectCall = {
  readonly verb: Exclude<Verb, "watch">;
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
  readonly contentType?: string;
  readonly manager?: string;
  readonly body?: unknown;
};

export type EmbeddedApi = AsyncDisposable & {
  readonly url: string;
  readonly kubeconfigPath: (user: string) => string;
  readonly faults: Faults;
  readonly requests: RequestLog;
  /** Registers an admission hook; the returned function takes it out. */
  readonly admission: (hook: Admission) => () => void;
  readonly store: Store;
  /** Answers a call without HTTP; throws an ApiFailure. */
  readonly direct: (call: DirectCall) => Answer["body"];
  readonly close: () => Promise<void>;
};

const defaultUsers: Readonly<Record<string, User>> = {
  operator: {
    username: "system:serviceaccount:retriever-system:retriever-operator",
    groups: ["system:serviceaccounts", "system:authenticated"],
  },
  admin: { username: "admin", groups: ["system:masters", "system:authenticated"] },
};

const defaults = {
  bookmarkEveryMs: 60_000,
  maxHistory: 4096,
  maxWatchSeconds: 3600,
  requestLog: 5000,
};

/** Starts the API on its own port; kubeconfigs are at `<directory>/<user>.kubeconfig`. */
export async function startApi(options: ApiOptions): Promise<EmbeddedApi> {
  const address = "127.0.0.1";
  const users = options.users ?? defaultUsers;
  const cluster = makeCluster(options);
  const tokens = new Map(Object.keys(users).map((name) => [name, randomBytes(24).toString("base64url")]));
  const byToken = new Map(Object.entries(users).map(([name, user]) => [tokens.get(name) ?? "", user]));
  const certificates = await makeCertificates([address], new Date());
  const faults = makeFaults();
  const requests = makeRequestLog(defaults.requestLog);
  const timing = {
    bookmarkEveryMs: options.bookmarkEveryMs ?? defaults.bookmarkEveryMs,
    maxSeconds: defaults.maxWatchSeconds,
  };
  const userOf = (token: string) => byToken.get(token);
  const { server, endWatches } = makeServer({
    cluster,
    certificates,
    userOf,
    faults,
    log: requests,
    timing,
  });
  const { port, close: closeServer } = await listen(server, address);
  const url = `https://${address}:${port}`;
  const kubeconfigPath = (user: string) => join(options.directory, `${user}.kubeconfig`);
  await mkdir(options.directory, { recursive: true });
  for (const [user, token] of tokens)
    await writeFile(kubeconfigPath(user), renderKubeconfig({ url, ca: certificates.ca, user, token }), { mode: 0o600 });
  const close = () => {
    endWatches();
    return closeServer();
  };
  return {
    url,
    kubeconfigPath,
    faults,
    requests,
    admission: (hook) => {
      cluster.admissions.add(hook);
      return () => void cluster.admissions.delete(hook);
    },
    store: cluster.store,
    direct: (call) => answer(cluster, toCall(cluster, call)).body,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function makeCluster(options: ApiOptions): Cluster {
  const store = new Store(options.maxHistory ?? defaults.maxHistory);
  const suffix = () => randomBytes(5).reduce((text, byte) => text + "bcdfghjklmnpqrstvwxz2456789"[byte % 27], "");
  const cluster: Cluster = {
    store,
    registry: makeRegistry(),
    admissions: new Set(),
    now: () => new Date(),
    uid: () => randomUUID(),
    suffix,
  };
  for (const name of ["default", "kube-system", "kube-public"]) {
    const body = { metadata: { name } };
    answer(
      cluster,
      toCall(cluster, {
        verb: "create",
        group: "",
        version: "v1",
        plural: "namespaces",
        body,
        manager: "kube-apiserver",
      }),
    );
  }
  return cluster;
}

function toCall(cluster: Cluster, call: DirectCall): Call {
  const type = cluster.registry.find(call.group, call.version, call.plural);
  if (type === undefined) throw new NoSuchPath();
  const manager = call.manager ?? "embedded";
  return {
    verb: call.verb,
    type,
    namespace: call.namespace,
    name: call.name ?? "",
    subresource: call.subresource ?? "",
    query: { fieldManager: manager },
    user: { username: "system:embedded", groups: ["system:masters"] },
    manager,
    contentType: call.contentType ?? "application/json",
    body: call.body,
  };
}
