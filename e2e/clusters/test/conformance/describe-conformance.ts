// The conformance suite: the same checks for the embedded API and for a real one, given a kubeconfig.
// Needs the rights to create namespaces and definitions; leaves nothing but its definition's removal behind.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { applying } from "./applying.ts";
import { at } from "./client.ts";
import { leasing, reporting } from "./coordination.ts";
import { shaping, subresources, validating } from "./custom-resources.ts";
import { changing, creating, finalizing, reading } from "./objects.ts";
import { type Checks, definitions, expectStatus, openScene, type Scene } from "./scene.ts";
import { watching } from "./watching.ts";
import { widgetDefinition } from "./widget.ts";

const sections: Readonly<Record<string, Checks>> = {
  creating,
  reading,
  changing,
  finalizing,
  watching,
  "applying server-side": applying,
  "custom resources: shape": shaping,
  "custom resources: validation": validating,
  "custom resources: status": subresources,
  leases: leasing,
  events: reporting,
};

const checkTimeoutMs = 90_000;

/** Registers the suite; the kubeconfig is asked for when it begins. */
export function describeConformance(getKubeconfig: () => Promise<string>): void {
  describe("conformance to the Kubernetes API", () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await openScene(await getKubeconfig());
      await installWidgets(scene);
    });
    afterAll(async () => {
      await scene.client.request("DELETE", `${definitions}/${widgetDefinition.metadata.name}`);
      await scene[Symbol.asyncDispose]();
    });
    describe.each(Object.keys(sections))("%s", (section) => {
      it.each(Object.entries(sections[section] ?? {}))("%s", { timeout: checkTimeoutMs }, async (_title, check) => {
        expect.hasAssertions();
        await check(scene);
      });
    });
  });
}

async function installWidgets(scene: Scene): Promise<void> {
  const made = await scene.client.request("POST", definitions, { body: widgetDefinition });
  // A definition left over from an interrupted run serves as well.
  if (made.status !== 409) expectStatus(made, 201);
  const path = `${definitions}/${widgetDefinition.metadata.name}`;
  await eventually("the definition is established", async () => isEstablished(await scene.ok("GET", path)));
  // Established is said a moment before every API server serves the resource.
  await eventually("widgets are served", () => scene.ok("GET", scene.widgets));
}

function isEstablished(definition: unknown): boolean {
  const conditions = at(definition, "status", "conditions");
  if (!Array.isArray(conditions)) return false;
  return conditions.some((one) => at(one, "type") === "Established" && at(one, "status") === "True");
}
