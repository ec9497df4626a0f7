// Column and vector name belong to a store; sidecars and statuses of the version before know only table and collection.
import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";
import { identityOf, type StoreIdentity, withoutVector } from "@retriever/stores/config/identity.ts";
import { locateOverlayAdapter } from "@retriever/stores/kinds.ts";
import { describe, expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { Simulation } from "#test/simulate.ts";
import type { Observation } from "../model/observation.ts";

const table = { kind: "pgvector", host: "pg.search.svc", port: 5432, place: "app/public.chunks" } as const;
const column = (vector?: string) => identityOf({ ...table, vector });
const sameTable = {
  kind: "pgvector",
  host: "pg.search.svc",
  database: "app",
  table: "chunks",
  embeddingColumn: "small",
  user: { fromEnv: "RETRIEVER_CRED_PG_USER" },
} as const;

const plan = { ...shortPlan, cutover: { hold: true } } as const;
const withinTable = aSpec({ ...plan, destination: sameTable });
const elsewhere = aSpec({ ...plan, destination: { ...sameTable, host: "pg2.search.svc" } });

type Stores = { readonly source: StoreIdentity; readonly destination: StoreIdentity };

/** A workload whose first pods run sidecars of the version before. */
class MixedFleet extends Simulation {
  earlier = 0;

  override observation(): Observation {
    const seen = super.observation();
    if (!seen.pods.ok) return seen;
    const pods = seen.pods.value.map((pod, index) =>
      index < this.earlier && pod.status.ok
        ? { ...pod, status: { ok: true as const, value: this.#told(pod.status.value) } }
        : pod,
    );
    return { ...seen, pods: { ok: true, value: pods } };
  }

  /** Such a sidecar compares the digest of table or collection with the overlay's, and reports it. */
  #told(status: SidecarStatus): SidecarStatus {
    const base = status.base && withoutVector(status.base);
    const pinned = this.overlay?.document?.source.digest;
    return {
      ...status,
      base,
      config: {
        ...status.config,
        primaryIdentity: withoutVector(status.config.primaryIdentity),
        sourceChanged: pinned !== undefined && base !== null && base.digest !== pinned,
      },
      stores: status.stores.map((store) => ({ ...store, identity: withoutVector(store.identity) })),
    };
  }
}

function fleetOf(spec: typeof elsewhere, source: StoreIdentity, earlier = 0): { sim: MixedFleet; stores: Stores } {
  const stores = { source, destination: identityOf(locateOverlayAdapter(spec.destination)) };
  const sim = new MixedFleet({ spec, stores });
  sim.earlier = earlier;
  return { sim, stores };
}

/** From where it is to its end, with the base changed as it asks; what people were warned of. */
function finish(sim: MixedFleet, { destination }: Stores): string[] {
  if (sim.phase !== "Guard") {
    sim.until("AwaitingCutover");
    sim.act("Promote");
  }
  sim.until("Completed");
  sim.base = destination;
  sim.run(300);
  expect(sim.condition("Settled")).toBe("True/Settled");
  return sim.said.filter(({ type }) => type === "Warning").map(({ reason }) => reason);
}

describe("a move to another column of the same table", () => {
  it("is a migration like any other, and settles once the base names that column", () => {
    const { sim, stores } = fleetOf(withinTable, column());
    sim.until("Preflight", 60);
    expect(sim.status.source).toEqual(stores.source);
    expect(sim.status.destination?.label).toBe("pgvector://pg.search.svc:5432/app/public.chunks#small");
    expect(finish(sim, stores)).toEqual([]);
  });

  it("is refused while a sidecar can't tell the columns apart", () => {
    const { sim, stores } = fleetOf(withinTable, column(), 1);
    sim.run(300);
    expect(sim.phase).toBe("Pending");
    expect(sim.condition("Ready")).toBe("False/SidecarTooOld");
    expect(sim.status.message).toContain("upgrade the sidecars first");
    sim.earlier = 0;
    sim.until("Preflight", 120);
    expect(sim.status.source).toEqual(stores.source);
  });

  it("changes nothing where the application serves from that column already", () => {
    const { sim } = fleetOf(withinTable, column("small"));
    sim.run(60);
    expect(sim.condition("Succeeded")).toBe("True/AlreadyAtDestination");
  });
});

describe("a fleet of several versions", () => {
  it.each([0, 1, 2, 3])(
    "with %d of 3 sidecars of the version before reads no other source, upgraded on the way",
    (earlier) => {
      const { sim, stores } = fleetOf(elsewhere, column("large"), earlier);
      sim.until("WarmUp");
      sim.earlier = 1;
      sim.until("Ramp");
      sim.earlier = 0;
      expect(finish(sim, stores)).toEqual([]);
    },
  );

  it("goes on where a sidecar is put back to the version before", () => {
    const { sim, stores } = fleetOf(elsewhere, column("large"));
    sim.until("Ramp");
    sim.earlier = 2;
    expect(finish(sim, stores)).toEqual([]);
  });
});

describe("a migration that the version before began", () => {
  it.each(["Preflight", "WarmUp", "AwaitingCutover", "Guard"] as const)("goes on from %s to its end", (phase) => {
    const { sim, stores } = fleetOf(elsewhere, column("large"), 3);
    const arrive = phase === "Guard" ? "AwaitingCutover" : phase;
    sim.until(arrive);
    if (phase === "Guard") {
      sim.act("Promote");
      sim.until("Guard");
    }
    const { source, destination } = sim.status;
    if (source === undefined || destination === undefined) throw new Error("accepted");
    sim.writeStatus({ ...sim.status, source: withoutVector(source), destination: withoutVector(destination) });
    const epoch = sim.status.epoch;
    sim.earlier = 0;
    sim.run(60);
    expect(sim.status.epoch).toBeLessThanOrEqual(epoch + 1);
    expect(finish(sim, stores)).toEqual([]);
  });

  it("is taken back to its source", () => {
    const { sim } = fleetOf(elsewhere, column("large"), 3);
    sim.until("AwaitingCutover");
    sim.act("Promote");
    sim.until("Guard");
    sim.earlier = 0;
    sim.act("Rollback");
    expect(sim.until("RolledBack").pages).toEqual([]);
  });
});

it("a base that names another column in flight is another source", () => {
  const { sim } = fleetOf(elsewhere, column("large"));
  sim.until("Ramp");
  sim.base = column("other");
  sim.run(60);
  expect(sim.condition("Ready")).toBe("False/SourceChanged");
});
