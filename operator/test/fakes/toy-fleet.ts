// Toy pods in the cluster in memory: they read the overlay that lies there and answer for themselves.
import { hash } from "node:crypto";
import type { ToyPod } from "@retriever/kubectl/toy/toy-pod.ts";
import { overlayName } from "@retriever/sidecar/contract/names.ts";
import { overlayFileName, overlaySchema, type StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { Clock } from "#ports/clock.ts";
import type { WindowSpan } from "#ports/sidecars.ts";
import { aPod } from "#test/builders/search-app.ts";
import { Simulation } from "#test/simulate.ts";
import type { Traffic } from "#test/steady-traffic.ts";
import type { FakeCluster } from "./fake-cluster.ts";
import type { FakeSidecars } from "./fake-sidecars.ts";

/** `pods` pods of the Deployment search-api; each reconcile of the operator lets them live until then. */
export class ToyFleet {
  readonly #cluster: FakeCluster;
  readonly #clock: Clock;
  /** Only its pods: the operator is another one. */
  readonly #toys = new Simulation({ pods: 0 });

  constructor(cluster: FakeCluster, sidecars: FakeSidecars, clock: Clock, pods = 3) {
    this.#cluster = cluster;
    this.#clock = clock;
    for (let index = 0; index < pods; index += 1) {
      const toy = this.#toys.addPod(`search-api-${index}`);
      const pod = aPod(toy.name, { uid: toy.uid });
      cluster.pods.push({ namespace: "search", selector: "app=search-api", pod });
      sidecars.answer(pod.ip, (windows, bins) => this.#ask(toy, windows, bins));
    }
  }

  set traffic(traffic: (at: number, primary: StoreName) => Traffic) {
    this.#toys.traffic = traffic;
  }

  get pods(): readonly ToyPod[] {
    return this.#toys.pods;
  }

  /** Which store each pod serves from. */
  primaries(): string[] {
    return this.pods.map((toy) => this.#ask(toy, [], 0).config.primary);
  }

  #ask(toy: ToyPod, spans: readonly WindowSpan[], bins: number) {
    this.#readOverlay();
    this.#toys.advance(this.#clock.now());
    const { status } = toy.observe(this.#toys.surroundings({ spans, binsFrom: () => bins }));
    if (!status.ok) throw new Error(status.why);
    return status.value;
  }

  #readOverlay(): void {
    const text = this.#cluster.configMaps.get(`search/${overlayName("search-api")}`)?.data[overlayFileName];
    if (text === this.#toys.overlay?.text) return;
    const document = text === undefined ? null : (overlaySchema.safeParse(parse(text)).data ?? null);
    const marks = { hasFinalizer: true, deleting: false, intent: null, foreignManagers: [] };
    this.#toys.overlay = text === undefined ? null : { text, hash: hash("sha256", text), document, ...marks };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
