// The certificate of the admin port: read from a folder as Secrets of the type kubernetes.io/tls are mounted, and again when
// it is renewed.
import { createSecureContext } from "node:tls";
import { RetrieverError } from "@retriever/stores/errors.ts";
import type { TlsPair } from "@retriever/stores/http/limit-connections.ts";
import { readSmallFile } from "./small-file.ts";

/** Throws RETR_CONFIG_INVALID where the folder has no certificate and key that belong together; never quotes them. */
export function readCertificate(folder: string): TlsPair {
  const [cert, key] = [readSmallFile(`${folder}/tls.crt`, [folder]), readSmallFile(`${folder}/tls.key`, [folder])];
  if (cert === undefined || key === undefined)
    throw unusable(folder, "a regular tls.crt and tls.key of at most 64 KiB");
  try {
    createSecureContext({ cert, key });
  } catch {
    throw unusable(folder, "a certificate and its own key, as PEM");
  }
  return { cert, key };
}

function unusable(folder: string, expected: string): RetrieverError {
  return new RetrieverError({ code: "RETR_CONFIG_INVALID", message: `admin-tls: expected ${expected} in ${folder}` });
}

const rereadMs = 10_000;

/** Looks for another certificate now and then. One that can't be used is told of, once, and the one before stays. */
export function followCertificate(
  folder: string,
  first: TlsPair,
  { renew, onFault }: { readonly renew: (pair: TlsPair) => void; readonly onFault: (fault: unknown) => void },
  everyMs: number = rereadMs,
): { readonly stop: () => void } {
  let current = first;
  let isTold = false;
  const reread = (): void => {
    try {
      const pair = readCertificate(folder);
      if (pair.cert !== current.cert || pair.key !== current.key) renew(pair);
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
