// Loopback addresses for pods: each pod has its own, as it would have its own network.
// Pure bookkeeping; the caller chooses the network.

export type Addresses = { readonly take: () => string; readonly release: (address: string) => void };

const first = 2;
const last = 254;

/** Hands out `127.<network>.<n>`, oldest freed first; throws when all are taken. */
export function makeAddresses(network: readonly [number, number]): Addresses {
  const free = Array.from(
    { length: last - first + 1 },
    (_, index) => `127.${network[0]}.${network[1]}.${first + index}`,
  );
  return {
    take: () => {
      const address = free.shift();
      if (address === undefined) throw new Error(`all ${last - first + 1} pod addresses are taken`);
      return address;
    },
    release: (address) => void free.push(address),
  };
}
