// A cluster as people know it: several are reached from one terminal, and their migrations often have the same names.

/** By the context's name, and its address beside it; in a pod by the address alone. */
export function clusterWord({ context, server }: { readonly context: string; readonly server: string }): string {
  return context === "" ? server : `${context} (${server})`;
}
