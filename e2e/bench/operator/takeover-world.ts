// One world of the takeover row: a namespace, a lease, two operators that share it, and a book of what the API accepted.
// Pauses a process at an exact request, from inside the API: a signal sent while the request is being answered.
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EmbeddedApi } from "#clusters/embedded/api/start-api.ts";
import { eventually } from "#support/eventually.ts";
import type { WatchedProcess } from "#support/process/start-process.ts";
import { startOperator } from "#support/world/operator-process.ts";
import type { Place } from "./acts.ts";
import { createNamespace, objectOf, operatorSettings } from "./bench-cluster.ts";
import type { AcceptedWrite } from "./deposed-writes.ts";
import { openStubSidecar } from "./stub-application.ts";

const leaseMs = 2000;
const leaseName = "bench";
const cacheFolder = join(tmpdir(), "retriever-bench-operator-cache");

export type Seat = { readonly user: string; process: WatchedProcess<true> };

/** Told of each request of a user before it is answered. */
type Watcher = (request: { readonly user: string; readonly method: string; readonly path: string }) => void;

export type TakeoverWorld = {
  readonly api: EmbeddedApi;
  readonly namespace: string;
  readonly addresses: readonly string[];
  /** The first leads or is about to; they change places. */
  readonly seats: readonly [Seat, Seat];
  /** Accepted since the last `begin`. */
  readonly writes: () => readonly AcceptedWrite[];
  /** Writes that a user has sent since the last `begin`, leases apart, whatever they were answered. */
  readonly writesSent: (user: string) => number;
  /** performance.now() of a user's first accepted write since the last `begin`, leases apart. */
  readonly firstWriteAt: (user: string) => number | undefined;
  readonly holder: () => string;
  /** Forgets what was; from now on the application is this one. Calls `watch` for every request but those of leases. */
  readonly begin: (application: string, watch: Watcher) => void;
  /** A process in the place of one that ended. */
  readonly refill: (seat: Seat) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Users of a world's two operators. */
export function usersOf(index: number): [string, string] {
  return [`world-${index}-a`, `world-${index}-b`];
}

/** Opens world number `index`; both operators run. */
export async function openTakeoverWorld(api: EmbeddedApi, index: number): Promise<TakeoverWorld> {
  const namespace = `world-${index}`;
  const addresses = [1, 2].map((pod) => `127.91.${index}.${pod}`);
  createNamespace(api, namespace);
  let place: Place = { namespace, name: "" };
  const book = keepBook(api, namespace);
  const closers = await Promise.all(addresses.map((address) => openStubSidecar(api, address, () => place)));
  const start = (user: string) => startSeat(api, user, namespace);
  const [first, second] = usersOf(index);
  const seats: [Seat, Seat] = [
    { user: first, process: await start(first) },
    { user: second, process: await start(second) },
  ];
  return {
    api,
    namespace,
    addresses,
    seats,
    writes: book.writes,
    writesSent: book.writesSent,
    firstWriteAt: book.firstWriteAt,
    holder: () => holderOf(api, namespace),
    begin: (name, watch) => {
      place = { namespace, name };
      book.begin(watch);
    },
    refill: async (seat) => {
      book.forgetAsker(seat.user);
      seat.process = await start(seat.user);
      await eventually(`${seat.user} looks at the lease`, async () => book.hasAskedForLease(seat.user));
    },
    close: async () => {
      for (const { process } of seats) process.signal("SIGKILL");
      await Promise.all([...closers.map((close) => close()), ...seats.map(({ process }) => process.stop())]);
      book.close();
    },
  };
}

function startSeat(api: EmbeddedApi, user: string, namespace: string): Promise<WatchedProcess<true>> {
  return startOperator({
    kubeconfig: api.kubeconfigPath(user),
    namespaces: [namespace],
    env: {
      ...operatorSettings,
      RETRIEVER_LEASE_MS: String(leaseMs),
      RETRIEVER_LEASE_NAME: leaseName,
      POD_NAMESPACE: namespace,
      POD_NAME: user,
      RETRIEVER_RESYNC_MS: "2000",
      // Hundreds are started: what is compiled once needn't be compiled again.
      NODE_COMPILE_CACHE: cacheFolder,
    },
  });
}

/** The user whose process holds the lease now; empty when nobody does. */
function holderOf(api: EmbeddedApi, namespace: string): string {
  const lease = api.store.get("coordination.k8s.io/leases", namespace, leaseName);
  const holder = (lease?.["spec"] as { readonly holderIdentity?: string } | undefined)?.holderIdentity ?? "";
  return holder.split("_")[0] ?? "";
}

function keepBook(api: EmbeddedApi, namespace: string) {
  let writes: AcceptedWrite[] = [];
  let watch: Watcher = () => undefined;
  const sent = new Map<string, number>();
  const firstAt = new Map<string, number>();
  const leaseAskers = new Set<string>();
  const stopWatching = api.faults.add({
    match: ({ user, method, path }) => {
      if (!path.includes(`/namespaces/${namespace}/`)) return false;
      if (path.includes("/leases")) leaseAskers.add(user);
      else {
        if (method !== "GET") sent.set(user, (sent.get(user) ?? 0) + 1);
        watch({ user, method, path });
      }
      return false;
    },
    outcome: "reset",
  });
  const stopTelling = api.admission((request) => {
    if (request.namespace !== namespace || request.dryRun) return;
    const { username: user } = request.user;
    writes.push({ user, object: objectOf(request), epoch: epochOf(request.object) });
    if (request.resource !== "leases" && !firstAt.has(user)) firstAt.set(user, performance.now());
  });
  return {
    writes: () => writes,
    writesSent: (user: string) => sent.get(user) ?? 0,
    firstWriteAt: (user: string) => firstAt.get(user),
    forgetAsker: (user: string) => void leaseAskers.delete(user),
    hasAskedForLease: (user: string) => leaseAskers.has(user),
    begin: (next: Watcher) => {
      writes = [];
      sent.clear();
      firstAt.clear();
      watch = next;
    },
    close: () => {
      stopWatching();
      stopTelling();
    },
  };
}

function epochOf(object: object | undefined): number {
  const { data } = (object ?? {}) as { readonly data?: Readonly<Record<string, string>> };
  const text = data?.["migration.json"];
  if (text === undefined) return 0;
  return (JSON.parse(text) as { readonly revision: { readonly epoch: number } }).revision.epoch;
}
