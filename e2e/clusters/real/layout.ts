// Names, addresses and folders of one cluster. Decides nothing at run time and touches nothing.
import { join } from "node:path";

/** `control-plane`: etcd, API server and controllers, by any user. `node`: with scheduler, kubelet and containers, by root. */
export type ClusterKind = "control-plane" | "node";

export type Layout = {
  readonly kind: ClusterKind;
  readonly folder: string;
  /** Loopback address of everything that pods don't talk to. */
  readonly loopback: string;
  readonly apiAddress: string;
  readonly apiPort: number;
};

/** Bridge between this machine and the pods; the one thing outside a cluster's folder that it makes. */
export const bridge = "rtr-e2e0";
export const cgroup = "retriever-e2e";
export const nodeName = "node-1";
/** Pods reach this machine here: stores of the stories listen on it. */
export const hostAddress = "10.213.0.1";
export const podSubnet = "10.213.0.0/24";
export const serviceRange = "10.212.0.0/24";
/**
 * First of the service range, hence the address of `kubernetes.default` in every pod. The machine itself takes it and
 * the API server listens on it: so pods reach the API as they do anywhere, without kube-proxy.
 */
export const serviceAddress = "10.212.0.1";

/** No registry is asked for these: they are built here. */
export const imagePrefix = "retriever.test";
export const imageTag = "e2e";
export const pauseImage = `${imagePrefix}/pause:${imageTag}`;

export const tokenUsers = ["admin", "operator", "controller-manager", "scheduler", "kubelet"] as const;
export type TokenUser = (typeof tokenUsers)[number];

/** Account of an operator that runs outside the cluster; the rights are the same as for one inside. */
export const operatorAccount = { namespace: "retriever-system", name: "retriever-operator" } as const;

export function userNameOf(user: TokenUser): string {
  if (user === "operator") return `system:serviceaccount:${operatorAccount.namespace}:${operatorAccount.name}`;
  return user === "admin" ? "admin" : `system:e2e-${user}`;
}

export function groupsOf(user: TokenUser): readonly string[] {
  if (user !== "operator") return ["system:masters"];
  return ["system:serviceaccounts", `system:serviceaccounts:${operatorAccount.namespace}`];
}

export const apiUrlOf = ({ apiAddress, apiPort }: Layout) => `https://${apiAddress}:${apiPort}`;
export const kubeconfigOf = ({ folder }: Layout, user: TokenUser) => join(folder, `${user}.kubeconfig`);
export const containerdSocketOf = ({ folder }: Pick<Layout, "folder">) => join(folder, "containerd.sock");
