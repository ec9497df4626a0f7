// A port for the operator as a container declares it. The template says how it is asked, so that nobody on the network can
// bring about the one way instead of the other.
import { mutualTlsPortOf, tlsPortOf } from "@retriever/sidecar/contract/names.ts";
import type { Container } from "./documents.ts";

type DeclaredPort = { readonly port: number; readonly tls?: "tls" | "mutual" };

/** Of several names the one that proves most. */
export function declaredPort(container: Container | undefined, name: string): DeclaredPort | undefined {
  const at = (wanted: string) => container?.ports?.find((port) => port.name === wanted)?.containerPort;
  const [mutual, secure, plain] = [at(mutualTlsPortOf(name)), at(tlsPortOf(name)), at(name)];
  if (mutual !== undefined) return { port: mutual, tls: "mutual" };
  if (secure !== undefined) return { port: secure, tls: "tls" };
  return plain === undefined ? undefined : { port: plain };
}
