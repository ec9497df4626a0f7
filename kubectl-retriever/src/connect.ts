// How a command reaches the cluster: loaded by the commands that need one, and by no other.
import { stat } from "node:fs/promises";
import { OperatorError } from "@retriever/operator/errors.ts";
import { connectTo, type KubeAccess } from "@retriever/operator/kube/kube-access.ts";
import { makeKubeRequest } from "@retriever/operator/kube/kube-request.ts";
import { readKubeconfigs } from "@retriever/operator/kube/kubeconfig-files.ts";
import type { LoginPlace } from "@retriever/operator/kube/login/login-place.ts";
import { type PodAddress, readPodAccount } from "@retriever/operator/kube/pod-account.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { makeKubeClient } from "./kube-client.ts";
import type { Connected, ConnectOptions } from "./surroundings.ts";

/** A server tells whole seconds, and an answer takes some; what is below that is no difference, ms. */
const leastAheadMs = 10_000;

/** The kubeconfigs there are, the one that needs no naming, and in a pod, which has a service account, the API server. */
type Logins = {
  readonly files: readonly string[];
  readonly usual?: string;
  readonly pod?: PodAddress | undefined;
  /** The environment's proxy for a server; the kubeconfig's own comes first. */
  readonly proxyFor?: (server: string) => string | undefined;
  /** Where a program runs that logs in. */
  readonly place?: LoginPlace;
};

/** Opens a connection; without a kubeconfig that of a pod's service account, where it is one. */
export async function connect(options: ConnectOptions, logins: Logins, clock: Clock): Promise<Connected> {
  const connection = await open(options, logins, clock);
  let aheadMs = 0;
  const onServerTime = (ms: number) => void (aheadMs = clock.now() - ms);
  const request = makeKubeRequest(connection, { deadlineMs: options.deadlineMs, clock, onServerTime });
  return {
    client: makeKubeClient(request, connection.userName),
    kube: connection,
    request,
    evidence: {
      readChain: async (subject, signal) => {
        const { makeEvidenceReader } = await import("@retriever/operator/adapters/audit/audit-config-maps.ts");
        return makeEvidenceReader(request).readChain(subject, signal);
      },
      readReport: async (subject, signal) => {
        const { readKeptReport } = await import("@retriever/operator/adapters/audit/report-config-map.ts");
        return readKeptReport(request, subject, signal);
      },
    },
    namespace: connection.namespace,
    server: connection.server,
    proxy: connection.proxy,
    context: connection.context,
    kubeconfig: kubeconfigToName(logins),
    clockAheadMs: () => (Math.abs(aheadMs) < leastAheadMs ? 0 : aheadMs),
    close: connection.close,
  };
}

function kubeconfigToName({ files, usual }: Logins): string | undefined {
  const [file, ...more] = files;
  return more.length > 0 || file === usual ? undefined : file;
}

async function open({ context, as, groups }: ConnectOptions, logins: Logins, clock: Clock) {
  const { files, pod, proxyFor, place } = logins;
  const headers = {
    ...(as === undefined ? {} : { "impersonate-user": as }),
    ...(groups.length === 0 ? {} : { "impersonate-group": groups }),
  };
  const options = { clock, maxConnections: 6, headers };
  if (files.length > 0) {
    const access = await followKubeconfigs(files, context, place);
    return connectTo({ ...access, proxyUrl: access.proxyUrl || proxyFor?.(access.server) }, options);
  }
  if (pod !== undefined && context === undefined) return connectTo(await readPodAccount(pod), options);
  const about = "no cluster: --kubeconfig isn't given, KUBECONFIG names no file, and there is no ~/.kube/config";
  throw new OperatorError("ROP_SETTINGS_INVALID", about);
}

/** Whoever logs in anew while something runs writes into these files: they are read again once they have changed. */
async function followKubeconfigs(
  files: readonly string[],
  context: string | undefined,
  place: LoginPlace | undefined,
): Promise<KubeAccess> {
  const versionOf = async () =>
    (await Promise.all(files.map((file) => stat(file)))).map(({ mtimeMs }) => mtimeMs).join();
  let version = await versionOf().catch(() => "");
  let access = await readKubeconfigs(files, context, place);
  // Making another context the current one turns no command that runs to another cluster or user.
  const same = access.context;
  return {
    ...access,
    apply: async (request) => {
      const now = await versionOf().catch(() => version);
      const next = now === version ? access : await readKubeconfigs(files, same, place);
      // Turned to another cluster, they hold nothing for this one.
      if (next.server === access.server) access = next;
      version = now;
      return access.apply(request);
    },
    forget: () => access.forget?.(),
  };
}
