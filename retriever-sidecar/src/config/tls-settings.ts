// What a listener for the operator needs to speak TLS, and to have both sides prove who they are.
import { z } from "zod";
import type { Environment } from "./credentials.ts";

export type PodProof = {
  /** Folder with `ca.crt`, the authorities of operators' certificates, and `token`, this pod's own. */
  readonly folder: string;
  /** The DNS name that the operator's certificate has to be for. */
  readonly operatorName: string;
};
export type TlsSettings = {
  /** Folder with `tls.crt` and `tls.key`. */
  readonly certificate: string;
  /** Null: whoever asks is answered. */
  readonly proof: PodProof | null;
};

const hostName = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, "expected a DNS name without wildcards");
const folder = z.string().min(1, "expected a folder");

const tlsSchema = z
  .object({ adminTls: folder.nullable(), podProof: folder.nullable(), operatorName: hostName.nullable() })
  .transform(({ adminTls, podProof, operatorName }, context): TlsSettings | null => {
    const refuse = (path: string, message: string) => {
      context.addIssue({ code: "custom", path: [path], message });
      return z.NEVER;
    };
    if ((podProof === null) !== (operatorName === null))
      return refuse("podProof", "expected RETRIEVER_POD_PROOF and RETRIEVER_OPERATOR_NAME, got one of them");
    if (adminTls === null)
      return podProof === null ? null : refuse("podProof", "expected a certificate beside it (RETRIEVER_ADMIN_TLS)");
    const proof = podProof === null || operatorName === null ? null : { folder: podProof, operatorName };
    return { certificate: adminTls, proof };
  });

/** Settings, or every fault of them. Null: plain HTTP. */
export function parseTls(flag: string | undefined, env: Environment): { readonly tls: TlsSettings | null } | string[] {
  const given = {
    adminTls: flag ?? env["RETRIEVER_ADMIN_TLS"] ?? null,
    podProof: env["RETRIEVER_POD_PROOF"] ?? null,
    operatorName: env["RETRIEVER_OPERATOR_NAME"] ?? null,
  };
  const { success, data, error } = tlsSchema.safeParse(given);
  return success ? { tls: data } : error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}
