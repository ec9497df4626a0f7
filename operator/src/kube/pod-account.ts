// Who a pod is to the API server: its service account, as the kubelet mounts and renews it.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { bounded, OperatorError } from "#errors.ts";
import type { KubeAccess } from "./kube-access.ts";

/** The API server, as the kubelet tells every container of it. */
export type PodAddress = { readonly host: string; readonly port: string };

const mounted = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Of a container's environment; undefined outside of a pod. */
export function podAddressOf(env: Readonly<Record<string, string | undefined>>): PodAddress | undefined {
  const { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port = "" } = env;
  return host === "" ? undefined : { host, port: port === "" ? "443" : port };
}

/** The account of `folder`. Its token and authority are read again with every `apply`: the kubelet renews them. */
export async function readPodAccount({ host, port }: PodAddress, folder = mounted): Promise<KubeAccess> {
  const read = async (name: string): Promise<string> => {
    try {
      return await readFile(join(folder, name), "utf8");
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? "unknown fault";
      const about = `the pod's service account: ${join(folder, name)} can't be read (${code}); expected automountServiceAccountToken`;
      throw new OperatorError("ROP_SETTINGS_INVALID", bounded(about), { cause });
    }
  };
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    context: "",
    proxyUrl: undefined,
    namespace: (await read("namespace")).trim(),
    userName: "",
    apply: async (request) => {
      const [token, ca] = await Promise.all([read("token"), read("ca.crt")]);
      Object.assign(request, { ca, headers: { authorization: `Bearer ${token.trim()}` } });
    },
  };
}
