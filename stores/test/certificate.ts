// A self-signed certificate made on the spot, so that no private key lies in the repository.
import { generateKeyPairSync, sign } from "node:crypto";
import { isIPv4 } from "node:net";

export type TestCertificate = { readonly key: string; readonly cert: string };

const [sequence, set, integer, bits, octets, oid, utf8, utcTime, flag] = [
  0x30, 0x31, 0x02, 0x03, 0x04, 0x06, 0x0c, 0x17, 0x01,
];
const ecdsaWithSha256 = der(sequence, der(oid, Buffer.from("2a8648ce3d040302", "hex")));

/** Valid for `address` (an IPv4, or a DNS name) until 2049, its own authority. */
export function makeCertificate(address: string): TestCertificate {
  return makeOf(address);
}

/** An authority, and certificates that it issues. */
export function makeAuthority(issuer: string) {
  const own = makeOf(issuer);
  const issue = (address: string): TestCertificate => makeOf(address, { issuer, key: own.key });
  return { cert: own.cert, issue };
}

function nameOf(address: string): Buffer {
  const commonName = der(sequence, der(oid, Buffer.from("550403", "hex")), der(utf8, Buffer.from(address)));
  return der(sequence, der(set, commonName));
}

function makeOf(address: string, authority?: { readonly issuer: string; readonly key: string }): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const validity = der(sequence, time("200101000000Z"), time("491231235959Z"));
  const body = der(
    sequence,
    der(0xa0, der(integer, Buffer.from([2]))),
    der(integer, Buffer.from([1])),
    ecdsaWithSha256,
    nameOf(authority?.issuer ?? address),
    validity,
    nameOf(address),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(sequence, ...(authority === undefined ? [mayIssue()] : []), alternativeName(address))),
  );
  const signature = der(bits, Buffer.from([0]), sign("sha256", body, authority?.key ?? privateKey));
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: pem(der(sequence, body, ecdsaWithSha256, signature)),
  };
}

function mayIssue(): Buffer {
  const isAuthority = der(sequence, der(flag, Buffer.from([0xff])));
  return der(
    sequence,
    der(oid, Buffer.from("551d13", "hex")),
    der(flag, Buffer.from([0xff])),
    der(octets, isAuthority),
  );
}

function alternativeName(address: string): Buffer {
  const name = isIPv4(address)
    ? der(0x87, Buffer.from(address.split(".").map(Number)))
    : der(0x82, Buffer.from(address, "ascii"));
  return der(sequence, der(oid, Buffer.from("551d11", "hex")), der(octets, der(sequence, name)));
}

function time(text: string): Buffer {
  return der(utcTime, Buffer.from(text));
}

/** One element of DER: tag, length, content. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), content]);
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
