// Looks names up for connections to stores, and refuses what leads to an address that no store has: a name may be pointed
// elsewhere after the document that holds it was checked.
import { type LookupAddress, lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { isForbiddenAddress } from "./forbidden-address.ts";

/** Code of the error for a name that leads to a forbidden address. */
export const forbiddenAddressCode = "RETRIEVER_FORBIDDEN_ADDRESS";

/** `lookup` of a socket. Fails where any of the addresses is forbidden: which of them is used is not foreseeable. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const fault = error ?? faultOf(addresses);
    const [first] = fault === null ? addresses : [];
    if (first === undefined) callback(fault ?? forbidden(), [], 0);
    else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

function faultOf(addresses: readonly LookupAddress[]): NodeJS.ErrnoException | null {
  return addresses.some(({ address }) => isForbiddenAddress(address)) ? forbidden() : null;
}

function forbidden(): NodeJS.ErrnoException {
  return Object.assign(new Error("the name leads to an address that no store has"), { code: forbiddenAddressCode });
}
