// Loaded into a program before its own modules: a resolver that lies. HOSTILE_NAMES holds, by name, the addresses of one
// look-up after the other; the last one goes on.
import dns, { type LookupAddress } from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import { isIP } from "node:net";

type Callback = (error: Error | null, addresses: LookupAddress[] | string, family?: number) => void;
const given = JSON.parse(process.env["HOSTILE_NAMES"] ?? "{}") as Record<string, string[][]>;
const real = dns.lookup as unknown as (name: string, options: object, callback: Callback) => void;

function lookup(name: string, options: { readonly all?: boolean }, callback: Callback): void {
  const turns = Object.hasOwn(given, name) ? given[name] : undefined;
  const addresses = turns === undefined || turns.length < 2 ? turns?.[0] : turns.shift();
  const [first] = addresses ?? [];
  if (addresses === undefined || first === undefined) real(name, options, callback);
  else if (options.all !== true) process.nextTick(callback, null, first, isIP(first));
  else
    process.nextTick(
      callback,
      null,
      addresses.map((address) => ({ address, family: isIP(address) })),
    );
}

dns.lookup = lookup as unknown as typeof dns.lookup;
syncBuiltinESMExports();
