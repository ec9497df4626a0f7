// Applications of the demo whose destination is a server of somebody's: with a key or without, several on one server.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openQdrant, type QdrantAddress } from "#stores/qdrant-rest.ts";
import { startStandIn } from "#stores/qdrant-standin/start.ts";
import { eventually } from "#support/eventually.ts";
import { namespace } from "#support/world/application-manifests.ts";
import { startWorld, type World } from "#support/world/start-world.ts";
import { type Application, startApplication } from "./application.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ name: "applications", chunks: 100, index: "none", address: "127.0.0.1" });
});
afterAll(() => world.close());

async function collectionsOf(server: QdrantAddress): Promise<readonly string[]> {
  const { call, close } = openQdrant(server);
  const { collections } = (await call({ method: "GET", path: "/collections" })) as {
    readonly collections: readonly { readonly name: string }[];
  };
  await close();
  return collections.map(({ name }) => name);
}

/** Names of the variables of an application's sidecar. */
async function variablesOf({ name }: Application): Promise<readonly string[]> {
  const deployment = await world.client.get(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
  const { spec } = deployment as unknown as {
    readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } };
  };
  return spec.template.spec.containers.flatMap(({ env }) => env.map(({ name: variable }) => variable));
}
type Container = { readonly env: readonly { readonly name: string }[] };

describe.each([
  { server: "without a key", apiKey: undefined },
  { server: "with a key", apiKey: "key-of-somebody" },
])("on one server $server, two applications at once", ({ apiKey }) => {
  it("serve, each with a collection of its own, and leave nothing but what was there before", async () => {
    const upstream = await startStandIn({ address: "127.0.0.1", port: 0, seed: 3, ...(apiKey && { apiKey }) });
    const server = { url: upstream.url, apiKey };
    const { call, close } = openQdrant(server);
    const vectors = { size: 4, distance: "Cosine" };
    await call({ method: "PUT", path: "/collections/chunks", body: { vectors } });
    await close();
    const open = new Set<() => Promise<void>>();
    const word = apiKey === undefined ? "open" : "locked";
    const applications = await Promise.all(
      ["one", "two"].map((name) =>
        startApplication(world, { name: `${word}-${name}`, address: "127.0.0.1", external: server, open }),
      ),
    );
    expect(new Set(await collectionsOf(server)).size).toBe(3);
    for (const application of applications) {
      expect("apiKey" in application.destination).toBe(apiKey !== undefined);
      expect((await variablesOf(application)).includes("RETRIEVER_CRED_QDRANT")).toBe(apiKey !== undefined);
      await eventually("people are answered", async () => {
        const { requests, failures } = application.load.counts();
        return requests - failures > 0;
      });
    }
    await Promise.all([...open].map((end) => end()));
    expect(open.size).toBe(0);
    expect(await collectionsOf(server)).toEqual(["chunks"]);
    await upstream.close();
  });
});
