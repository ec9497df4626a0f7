// A listener for the operator: plain HTTP, TLS by a certificate that is followed while it is renewed, or TLS in which both
// sides prove who they are.
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { ConnectionLimits, TlsPair } from "@retriever/stores/http/limit-connections.ts";
import { followCertificate, readCertificate, readPodToken } from "#config/admin-certificate.ts";
import type { PodProof, TlsSettings } from "#config/tls-settings.ts";
import { podTokenHeader } from "#contract/names.ts";
import { type Address, type Handler, type Listener, listen } from "./listener.ts";
import { sendFault } from "./respond.ts";

type OperatorListenOptions = {
  /** Null: plain HTTP. */
  readonly tls: TlsSettings | null;
  readonly connections?: ConnectionLimits;
  /** Told, once, of a certificate that was renewed and can't be used. */
  readonly onFault: (fault: unknown) => void;
};

/** Rejects with RETR_CONFIG_INVALID for what can't be used of `tls`, and when the address can't be bound. */
export async function listenForOperator(
  address: Address,
  handler: Handler,
  { tls, connections, onFault }: OperatorListenOptions,
): Promise<Pick<Listener, "address" | "close">> {
  const limits = connections === undefined ? {} : { connections };
  if (tls === null) return listen(address, handler, limits);
  const first: TlsPair = readCertificate(tls);
  const proved = tls.proof === null ? handler : proveBoth(handler, tls.proof);
  const listener = await listen(address, proved, { ...limits, tls: first });
  const followed = followCertificate(tls, first, { renew: listener.renew, onFault });
  return {
    address: listener.address,
    close: (graceMs) => {
      followed.stop();
      return listener.close(graceMs);
    },
  };
}

/** What probes and Prometheus ask for, which show no certificate. */
const openPaths = ["/healthz", "/readyz", "/metrics"];

/**
 * All else is answered to the operator alone, and with the pod's token. Whoever else got the token could speak for this pod
 * until it expires.
 */
function proveBoth(handler: Handler, proof: PodProof): Handler {
  return (request, response) => {
    const [path = ""] = (request.url ?? "").split("?", 1);
    if (openPaths.includes(path) || path.startsWith("/docs/")) return handler(request, response);
    if (!isOperator(request, proof.operatorName)) {
      const message = `expected the certificate of ${proof.operatorName}`;
      return sendFault(response, { code: "RETR_CLIENT_NOT_PROVED", message }, { connection: "close" });
    }
    const token = readPodToken(proof);
    if (token === undefined) {
      const message = `expected this pod's token in ${proof.folder}`;
      return sendFault(response, { code: "RETR_NOT_READY", message }, { connection: "close" });
    }
    response.setHeader(podTokenHeader, token);
    handler(request, response);
  };
}

/** The authority alone doesn't do: the same one may have issued the certificates of workloads, whose pods share them. */
function isOperator({ socket }: IncomingMessage, name: string): boolean {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return false;
  const certificate = socket.getPeerX509Certificate();
  return certificate?.checkHost(name, { subject: "never", wildcards: false }) !== undefined;
}
