// A throw-away certificate authority and a server certificate signed by it. Keeps nothing.
// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 needs this polyfill before it is loaded.
import "reflect-metadata";
import { KeyObject, randomBytes, webcrypto } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

export type Certificates = { readonly ca: string; readonly cert: string; readonly key: string };

const validDays = 30;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** A fresh authority and a certificate for a list of IPv4 addresses and `localhost`, valid for 30 days. */
export async function makeCertificates(addresses: readonly string[], now: Date): Promise<Certificates> {
  const authority = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const server = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const issuer = `CN=embedded-ca-${randomBytes(4).toString("hex")}`;
  const validity = {
    notBefore: new Date(now.getTime() - 3_600_000),
    notAfter: new Date(now.getTime() + validDays * 86_400_000),
    signingAlgorithm: algorithm,
  };
  const ca = await X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: issuer,
    keys: authority,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  const names = [
    { type: "dns", value: "localhost" } as const,
    ...addresses.map((value) => ({ type: "ip", value }) as const),
  ];
  const cert = await X509CertificateGenerator.create({
    ...validity,
    subject: "CN=embedded-api",
    issuer,
    publicKey: server.publicKey,
    signingKey: authority.privateKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(names),
      await AuthorityKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  const key = KeyObject.from(server.privateKey).export({ type: "pkcs8", format: "pem" }).toString();
  return { ca: ca.toString("pem"), cert: cert.toString("pem"), key };
}
