// A cluster as people know it: several are reached from one terminal, and their migrations often have the same names.

export type NamedCluster = {
  readonly server: string;
  /** Of the kubeconfig; empty in a pod. */
  readonly context: string;
};

/** With the flags with which another command gets there as the same user, each after a space. */
export type ReachedCluster = NamedCluster & { readonly flags: string };

/** By the context's name, and its address beside it; in a pod by the address alone. */
export function clusterWord({ context, server }: NamedCluster): string {
  return context === "" ? server : `${context} (${server})`;
}
