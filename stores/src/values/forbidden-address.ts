// Addresses that no store has, whoever lists them: metadata services answer there with the machine's own credentials.
import { BlockList, isIP } from "node:net";

const forbidden = new BlockList();
// Link-local, with the metadata services of most clouds.
forbidden.addSubnet("169.254.0.0", 16);
forbidden.addSubnet("fe80::", 10, "ipv6");
// Metadata services elsewhere: Azure's, Alibaba's, Oracle's, Amazon's by IPv6.
forbidden.addAddress("168.63.129.16");
forbidden.addAddress("100.100.100.200");
forbidden.addAddress("192.0.0.192");
forbidden.addAddress("fd00:ec2::254", "ipv6");
// "This host", multicast and broadcast.
forbidden.addSubnet("0.0.0.0", 8);
forbidden.addAddress("::", "ipv6");
forbidden.addSubnet("224.0.0.0", 4);
forbidden.addSubnet("ff00::", 8, "ipv6");
forbidden.addAddress("255.255.255.255");

/** Whether a host, as it stands in a document or as a name was resolved to, is such an address. */
export function isForbiddenAddress(host: string): boolean {
  const [address = ""] = host.replace(/^\[|\]$/g, "").split("%", 1);
  const family = isIP(address);
  if (family === 4) return forbidden.check(address);
  if (family === 0) return false;
  const inner = embeddedAddress(address);
  return forbidden.check(address, "ipv6") || (inner !== null && forbidden.check(inner));
}

/** What stands before an address of version 4: mapped, translated for a host, translated (NAT64). */
const prefixes = ["0:0:0:0:0:ffff", "0:0:0:0:ffff:0", "64:ff9b:0:0:0:0"];

/** The address of version 4 within one of version 6: behind a prefix, compatible, or tunnelled (6to4). */
function embeddedAddress(address: string): string | null {
  const groups = groupsOf(address);
  const high = groups
    .slice(0, 6)
    .map((group) => group.toString(16))
    .join(":");
  // ::1 is no address of version 4.
  const isCompatible = high === "0:0:0:0:0:0" && groups[6] !== 0;
  const tunnelled = groups[0] === 0x2002 ? groups.slice(1, 3) : null;
  const pair = isCompatible || prefixes.includes(high) ? groups.slice(6) : tunnelled;
  return pair === null ? null : pair.flatMap((group) => [group >> 8, group & 0xff]).join(".");
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
