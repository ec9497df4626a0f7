// TLS of what is served to the operator, by the same variables as the sidecar's admin port.
import type { Environment } from "@retriever/sidecar/config/credentials.ts";
import { parseTls, type TlsSettings } from "@retriever/sidecar/config/tls-settings.ts";
import { explain, RetrieverError } from "@retriever/stores/errors.ts";

export type ServedTls = { readonly tls: TlsSettings | null; readonly onFault: (fault: unknown) => void };

type Served = { readonly env: Environment; readonly progress: { readonly write: (text: string) => void } };

/** Throws RETR_CONFIG_INVALID with every fault of the variables. */
export function servedTlsOf({ env, progress }: Served): ServedTls {
  const parsed = parseTls(undefined, env);
  if (Array.isArray(parsed))
    throw new RetrieverError({ code: "RETR_CONFIG_INVALID", message: `settings: ${parsed.join("; ")}` });
  return { tls: parsed.tls, onFault: (fault) => progress.write(`${explain(fault)}\n`) };
}
