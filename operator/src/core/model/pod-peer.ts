// Where a pod is asked, and what it has to prove before its answer counts. Data only.

/** Of a port for the operator, by the name that the pod's template gives it; absent: plain HTTP. */
export type PortTls = "tls" | "mutual";

export type PodPeer = {
  readonly address: string;
  readonly port: number;
  /** Present: it is asked over TLS, and its certificate has to be for this name. */
  readonly serverName?: string;
  /** Present: it is shown the operator's certificate, and its answer counts with a token of the pod of this uid alone. */
  readonly podUid?: string;
};

type Asked = Pick<PodPeer, "address" | "port"> & { readonly uid: string; readonly tls?: PortTls | undefined };

/** `serverName`: of the workload, in whose name all of its pods' certificates are. */
export function peerOf({ uid, tls, ...place }: Asked, serverName: string): PodPeer {
  if (tls === undefined) return place;
  return { ...place, serverName, ...(tls === "mutual" ? { podUid: uid } : {}) };
}
