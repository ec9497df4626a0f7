// The certificate of the operator's side: read from a folder as Secrets of the type kubernetes.io/tls are mounted, with the
// authorities of operators' certificates where they are asked for, and again when any of it is renewed.
import { createSecureContext } from "node:tls";
import { RetrieverError } from "@retriever/stores/errors.ts";
import type { TlsPair } from "@retriever/stores/http/limit-connections.ts";
import { mostAuthorityBytes, readSmallFile } from "./small-file.ts";
import type { PodProof, TlsSettings } from "./tls-settings.ts";

/** Throws RETR_CONFIG_INVALID where a folder lacks what it has to have; never quotes any of it. */
export function readCertificate({ certificate: folder, proof }: TlsSettings): TlsPair {
  const [cert, key] = [readSmallFile(`${folder}/tls.crt`, [folder]), readSmallFile(`${folder}/tls.key`, [folder])];
  if (cert === undefined || key === undefined)
    throw unusable(folder, "a regular tls.crt and tls.key of at most 64 KiB");
  checkPem({ cert, key }, folder, "a certificate and its own key, as PEM");
  return proof === null ? { cert, key } : { cert, key, clientCa: readAuthorities(proof) };
}

function readAuthorities({ folder }: PodProof): string {
  const expected = "a regular ca.crt of at most 1 MiB with the authorities of operators' certificates, as PEM";
  const ca = readSmallFile(`${folder}/ca.crt`, [folder], mostAuthorityBytes);
  // Without any, the authorities that the runtime knows would do: anybody may have a certificate of theirs.
  if (ca?.includes("-----BEGIN CERTIFICATE-----") !== true) throw unusable(folder, expected);
  checkPem({ ca }, folder, expected);
  return ca;
}

function checkPem(parts: Parameters<typeof createSecureContext>[0], folder: string, expected: string): void {
  try {
    createSecureContext(parts);
  } catch {
    throw unusable(folder, expected);
  }
}

/** A token of a projected volume, which its kubelet renews; undefined: there is none, or it is no token. */
export function readPodToken({ folder }: PodProof): string | undefined {
  const token = readSmallFile(`${folder}/token`, [folder])?.trim() ?? "";
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) && token.length <= mostTokenChars ? token : undefined;
}

/** An answer's head has room for 16 KiB. */
const mostTokenChars = 8192;

function unusable(folder: string, expected: string): RetrieverError {
  return new RetrieverError({ code: "RETR_CONFIG_INVALID", message: `admin-tls: expected ${expected} in ${folder}` });
}

const rereadMs = 10_000;

/** Looks for another certificate now and then. One that can't be used is told of, once, and the one before stays. */
export function followCertificate(
  settings: TlsSettings,
  first: TlsPair,
  { renew, onFault }: { readonly renew: (pair: TlsPair) => void; readonly onFault: (fault: unknown) => void },
  everyMs: number = rereadMs,
): { readonly stop: () => void } {
  let current = first;
  let isTold = false;
  const reread = (): void => {
    try {
      const pair = readCertificate(settings);
      const isSame = pair.cert === current.cert && pair.key === current.key && pair.clientCa === current.clientCa;
      if (!isSame) renew(pair);
      current = pair;
      isTold = false;
    } catch (fault) {
      if (!isTold) onFault(fault);
      isTold = true;
    }
  };
  const timer = setInterval(reread, everyMs).unref();
  return { stop: () => clearInterval(timer) };
}
