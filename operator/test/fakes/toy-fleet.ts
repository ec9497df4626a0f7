// Toy pods in the cluster in memory: they read the overlay that lies there and answer for themselves.
import { hash } from "node:crypto";
import { overlayName } from "@retriever/sidecar/contract/names.ts";
import { overlayFileName, overlaySchema, type StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { Clock } from "#ports/clock.ts";
import { aPod } from "#test/builders/search-app.ts";
import { destinationIdentity, sourceIdentity } from "#test/builders/sidecar-status.ts";
import { goodTraffic, ToyPod, type Traffic, type World } from "#test/toy-pod.ts";
import type { FakeCluster } from "./fake-cluster.ts";
import type { FakeSidecars } from "./fake-sidecars.ts";

/** `pods` pods of the Deployment search-api; each reconcile of the operator lets them live until then. */
export class ToyFleet {
  traffic: (at: number, primary: StoreName) => Traffic = () => goodTraffic;
  readonly pods: readonly ToyPod[];
  readonly #cluster: FakeCluster;
  readonly #clock: Clock;

  constructor(cluster: FakeCluster, sidecars: FakeSidecars, clock: Clock, pods = 3) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.pods = Array.from({ length: pods }, (_, index) => new ToyPod(`search-api-${index}`, clock.now()));
    for (const toy of this.pods) {
      const pod = aPod(toy.name, { uid: toy.uid });
      cluster.pods.push({ namespace: "search", selector: "app=search-api", pod });
      sidecars.answer(pod.ip, (windows) => {
        const world = { ...this.#world(), spans: windows };
        toy.tick(world);
        const { status } = toy.observe(world);
        if (!status.ok) throw new Error(status.why);
        return status.value;
      });
    }
  }

  /** Which store each pod serves from. */
  primaries(): string[] {
    return this.pods.map((pod) => {
      const { status } = pod.observe(this.#world());
      return status.ok ? status.value.config.primary : "unknown";
    });
  }

  #world(): World {
    const text = this.#cluster.configMaps.get(`search/${overlayName("search-api")}`)?.data[overlayFileName];
    return {
      now: this.#clock.now(),
      base: sourceIdentity,
      destination: destinationIdentity,
      overlay:
        text === undefined
          ? null
          : { text, hash: hash("sha256", text), document: overlaySchema.safeParse(parse(text)).data ?? null },
      traffic: this.traffic,
      failing: new Set(),
      spans: [],
      behindSeconds: { source: 0, destination: 0 },
    };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
