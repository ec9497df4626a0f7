// The project's resource definitions, and how an administrator installs them. Installing twice is installing once.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { eventually } from "#support/eventually.ts";
import { type KubeClient, KubeError } from "./client.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const manifests = ["retrievermigrations", "migrationacts", "retrievermigrationpolicies"].map((name) =>
  fileURLToPath(new URL(`../../../crds/manifests/retriever.dev_${name}.yaml`, import.meta.url)),
);

type Manifest = { readonly metadata: { readonly name: string } };

/** The definitions of this tree. */
export function readDefinitions(): Promise<Manifest[]> {
  return Promise.all(manifests.map(async (file) => parse(await readFile(file, "utf8")) as Manifest));
}

/** Creates an object; one that is there already stays as it is. */
export async function ensure(client: KubeClient, collection: string, object: object): Promise<void> {
  try {
    await client.create(collection, object);
  } catch (fault) {
    if (!(fault instanceof KubeError && fault.status === 409)) throw fault;
  }
}

const servedSchema = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })) }),
});

/** Installs the definitions of this tree; they are served when it resolves. */
export async function installDefinitions(client: KubeClient): Promise<void> {
  for (const definition of await readDefinitions()) {
    await ensure(client, definitions, definition);
    await eventually(`${definition.metadata.name} is established`, async () => {
      const { status } = servedSchema.parse(await client.get(`${definitions}/${definition.metadata.name}`));
      return status.conditions.some(({ type, status: is }) => type === "Established" && is === "True");
    });
  }
}
