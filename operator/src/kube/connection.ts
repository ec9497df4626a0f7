// Who we are to the API server by a kubeconfig, as the Kubernetes client reads it: every kind of login it knows.
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { bounded, OperatorError } from "#errors.ts";
import { connectTo, type KubeConnection, type PoolOptions } from "./kube-access.ts";

type ConnectionOptions = PoolOptions & {
  /** Empty or absent: KUBECONFIG, the home folder's, then the pod's service account. */
  readonly kubeconfig?: string;
  readonly context?: string;
};

/** Opens a connection for a kubeconfig. Throws ROP_SETTINGS_INVALID when it can't be read or names no cluster. */
export function openConnection(options: ConnectionOptions): KubeConnection {
  const config = loadConfig(options);
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new OperatorError("ROP_SETTINGS_INVALID", "the kubeconfig's current context names no cluster");
  return connectTo(
    {
      server: cluster.server,
      context: config.getCurrentContext(),
      proxyUrl: cluster.proxyUrl,
      namespace: config.getContextObject(config.getCurrentContext())?.namespace,
      userName: config.getCurrentUser()?.name ?? "",
      apply: (request) => config.applyToHTTPSOptions(request),
    },
    options,
  );
}

function loadConfig(options: ConnectionOptions): KubeConfig {
  const config = new KubeConfig();
  try {
    if (options.kubeconfig === undefined || options.kubeconfig === "") config.loadFromDefault();
    else config.loadFromFile(options.kubeconfig);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "not a kubeconfig";
    throw new OperatorError(
      "ROP_SETTINGS_INVALID",
      `kubeconfig ${options.kubeconfig ?? "(default)"} can't be read (${code})`,
      { cause },
    );
  }
  if (options.context !== undefined && options.context !== "") {
    if (config.getContextObject(options.context) === null) {
      const known = config.getContexts().map((context) => context.name);
      throw new OperatorError(
        "ROP_SETTINGS_INVALID",
        bounded(`no context "${options.context}" in the kubeconfig; it has: ${known.join(", ")}`),
      );
    }
    config.setCurrentContext(options.context);
  }
  return config;
}
