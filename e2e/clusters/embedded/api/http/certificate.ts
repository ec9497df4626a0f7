// A throw-away certificate authority and a server certificate signed by it, written as DER by hand.
// Uses node:crypto for keys and signatures; keeps nothing.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export type Certificates = { readonly ca: string; readonly cert: string; readonly key: string };

const validDays = 30;

function tlv(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const size = body.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...parts: readonly Buffer[]) => tlv(0x30, ...parts);
const oid = (hex: string) => tlv(0x06, Buffer.from(hex, "hex"));
const octets = (content: Buffer) => tlv(0x04, content);
const bits = (content: Buffer) => tlv(0x03, Buffer.from([0]), content);
const yes = tlv(0x01, Buffer.from([255]));

const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));
const commonName = oid("550403");
const basicConstraints = oid("551d13");
const keyUsage = oid("551d0f");
const extendedKeyUsage = oid("551d25");
const subjectAltName = oid("551d11");
const subjectKeyIdentifier = oid("551d0e");
const authorityKeyIdentifier = oid("551d23");
const serverAuth = oid("2b06010505070301");

function nameOf(text: string): Buffer {
  return sequence(tlv(0x31, sequence(commonName, tlv(0x0c, Buffer.from(text)))));
}

function time(date: Date): Buffer {
  return tlv(0x17, Buffer.from(`${date.toISOString().replaceAll(/[-:T]/g, "").slice(2, 14)}Z`));
}

function serial(): Buffer {
  const bytes = randomBytes(12);
  // A serial number is a positive integer.
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return tlv(0x02, bytes);
}

function keyId(key: KeyObject): Buffer {
  return createHash("sha1")
    .update(key.export({ type: "spki", format: "der" }))
    .digest();
}

type Request = {
  readonly subject: string;
  readonly key: KeyObject;
  readonly issuer: string;
  readonly signer: KeyObject;
  readonly extensions: Buffer;
};

function certify(request: Request, now: Date): string {
  const until = new Date(now.getTime() + validDays * 86_400_000);
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    serial(),
    ecdsaWithSha256,
    nameOf(request.issuer),
    sequence(time(new Date(now.getTime() - 3_600_000)), time(until)),
    nameOf(request.subject),
    request.key.export({ type: "spki", format: "der" }),
    tlv(0xa3, request.extensions),
  );
  const der = sequence(body, ecdsaWithSha256, bits(sign("sha256", body, request.signer)));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function extension(id: Buffer, content: Buffer, critical: readonly Buffer[] = []): Buffer {
  return sequence(id, ...critical, octets(content));
}

/** A fresh authority and a certificate for a list of IPv4 addresses and `localhost`, valid for 30 days. */
export function makeCertificates(addresses: readonly string[], now: Date): Certificates {
  const authority = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const server = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = `embedded-ca-${randomBytes(4).toString("hex")}`;
  const caExtensions = sequence(
    extension(basicConstraints, sequence(yes), [yes]),
    extension(keyUsage, tlv(0x03, Buffer.from([1, 0x06])), [yes]),
    extension(subjectKeyIdentifier, octets(keyId(authority.publicKey))),
  );
  const names = [
    tlv(0x82, Buffer.from("localhost")),
    ...addresses.map((address) => tlv(0x87, Buffer.from(address.split(".").map(Number)))),
  ];
  const extensions = sequence(
    extension(basicConstraints, sequence(), [yes]),
    extension(extendedKeyUsage, sequence(serverAuth)),
    extension(subjectAltName, sequence(...names)),
    extension(authorityKeyIdentifier, sequence(tlv(0x80, keyId(authority.publicKey)))),
  );
  return {
    ca: certify(
      { subject: issuer, key: authority.publicKey, issuer, signer: authority.privateKey, extensions: caExtensions },
      now,
    ),
    cert: certify(
      { subject: "embedded-api", key: server.publicKey, issuer, signer: authority.privateKey, extensions },
      now,
    ),
    key: server.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}
