// What the library chart renders is what the check asks for: nobody who uses it is told that something is missing.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cronJobs, deployments, pathOf, roleBindings, roles } from "@retriever/operator/kube/resources.ts";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { makeFakeRequest } from "#test/fake-request.ts";
import { writings } from "./check-item.ts";
import { collectWriters } from "./check-writers.ts";

const root = join(import.meta.dirname, "../../../..");
const renderings = globSync("charts/retriever-sidecar/renderings/*.yaml", { cwd: root }).filter(
  (path) => !path.endsWith(".values.yaml"),
);
const namespace = "search";
const resources = { Deployment: deployments, CronJob: cronJobs, Role: roles } as const;

type RenderedObject = { readonly kind: string; readonly metadata: { readonly name: string } };

/** Its objects, as an API server would have them. */
function served(path: string): Readonly<Record<string, unknown>> {
  const objects = parseAllDocuments(readFileSync(join(root, path), "utf8")).map(
    (document) => document.toJS() as RenderedObject,
  );
  const bindings = objects.filter(({ kind }) => kind === "RoleBinding");
  const byPath = objects.flatMap((object) => {
    const resource = resources[object.kind as keyof typeof resources];
    return resource === undefined ? [] : [[pathOf({ resource, namespace, name: object.metadata.name }), object]];
  });
  return { ...Object.fromEntries(byPath), [pathOf({ resource: roleBindings, namespace })]: bindings };
}

test("there are renderings", () => expect(renderings.length).toBeGreaterThan(1));

test.each(renderings)("%s has what a copy, a sync and a repair of drift need", async (path) => {
  const operators = { ok: false, why: "not read" } as const;
  const client = { readActIdentityProved: async () => true };
  const items = await collectWriters(
    { namespace, workload: "search-api", asked: writings, operators, actIdentity: "proved" },
    { client, request: makeFakeRequest(served(path)) },
    new AbortController().signal,
  );
  const own = items.filter(({ name }) => /^(copy|sync|repair)/.test(name));
  expect(own.map(({ name, state, message }) => (state === "ok" ? name : message))).toEqual(
    writings.flatMap((writing) => [writing, `${writing} secret`, `${writing} grant`]),
  );
});
