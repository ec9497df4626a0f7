// Addresses that no store has, whoever lists them: metadata services answer there with the machine's own credentials.
import { BlockList, isIP } from "node:net";

const credentials = new BlockList();
// Link-local, with the metadata services of most clouds.
credentials.addSubnet("169.254.0.0", 16);
credentials.addSubnet("fe80::", 10, "ipv6");
// Metadata services elsewhere: Azure's, Alibaba's, Oracle's; by IPv6 Oracle's, Google's, Scaleway's.
for (const address of ["168.63.129.16", "100.100.100.200", "192.0.0.192"]) credentials.addAddress(address);
for (const address of ["fd00:c1::a9fe:a9fe", "fd20:ce::254", "fd00:42::42"]) credentials.addAddress(address, "ipv6");
// Amazon's own services of each machine: metadata at ::254, the credentials of a pod's account at ::23.
credentials.addSubnet("fd00:ec2::", 32, "ipv6");

// "This host", multicast and broadcast.
const nobody = new BlockList();
nobody.addSubnet("0.0.0.0", 8);
nobody.addAddress("::", "ipv6");
nobody.addSubnet("224.0.0.0", 4);
nobody.addSubnet("ff00::", 8, "ipv6");
nobody.addAddress("255.255.255.255");

/** Whether a host, as it stands in a document or as a name was resolved to, is such an address. */
export function isForbiddenAddress(host: string): boolean {
  const [address = ""] = host.replace(/^\[|\]$/g, "").split("%", 1);
  const family = isIP(address);
  if (family === 0) return false;
  if (family === 4) return isListed(address, "ipv4");
  const groups = groupsOf(address);
  const bytes = groups.flatMap((group) => [group >> 8, group & 0xff]);
  return (
    isListed(address, "ipv6") ||
    leadsTo(groups, bytes).some((inner) => isListed(inner.join("."), "ipv4")) ||
    mayLeadTo(groups, bytes).some((inner) => credentials.check(inner.join(".")))
  );
}

function isListed(address: string, family: "ipv4" | "ipv6"): boolean {
  return credentials.check(address, family) || nobody.check(address, family);
}

/** What stands before an address of version 4: mapped, translated for a host, translated (NAT64). */
const prefixes = ["0:0:0:0:0:ffff", "0:0:0:0:ffff:0", "64:ff9b:0:0:0:0"];

function isTranslated(groups: readonly number[]): boolean {
  const high = groups
    .slice(0, 6)
    .map((group) => group.toString(16))
    .join(":");
  // ::1 is no address of version 4.
  return prefixes.includes(high) || (high === "0:0:0:0:0:0" && groups[6] !== 0);
}

/** The address of version 4 behind one of version 6: translated, or by 6to4, Teredo, which inverts it, or ISATAP. */
function leadsTo(groups: readonly number[], bytes: readonly number[]): number[][] {
  const [first, second, , , fifth = 0, sixth] = groups;
  const last = bytes.slice(12);
  if (isTranslated(groups)) return [last];
  if (first === 0x2002) return [bytes.slice(2, 6)];
  if (first === 0x2001 && second === 0) return [last.map((byte) => 255 - byte)];
  return (fifth & 0xfdff) === 0 && sixth === 0x5efe ? [last] : [];
}

/**
 * Behind a prefix of one's own for NAT64, which may be of four lengths: what a wrong one makes of it is nothing, or anything.
 * The byte after the first eight is none of the address.
 */
function mayLeadTo([first, second, third]: readonly number[], bytes: readonly number[]): number[][] {
  if (first !== 0x64 || second !== 0xff9b || third !== 1) return [];
  const parts = bytes.toSpliced(8, 1);
  return [6, 7, 8, 11].map((from) => parts.slice(from, from + 4));
}

/** The eight groups of an address of version 6, whichever way it is written. */
function groupsOf(address: string): number[] {
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = plain.split("::");
  const read = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const [first, last] = [read(head), read(tail ?? "")];
  return tail === undefined ? first : [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
}
