import { expect, test } from "vitest";
import { metadataFaults } from "./check-metadata.ts";

const pathsOf = (metadata: object) => metadataFaults({ name: "docs", ...metadata }).map(({ path }) => path);

// As a Kubernetes API server refuses them: a number is no string, and what names and labels may hold is bounded.
test.each([
  [{ name: "a..b" }, "name"],
  [{ name: "a.-b" }, "name"],
  [{ name: undefined }, "name"],
  [{ name: undefined, generateName: 5 }, "name"],
  [{ name: undefined, generateName: "Docs-" }, "name"],
  [{ namespace: 123 }, "namespace"],
  [{ namespace: "" }, "namespace"],
  [{ namespace: "Search" }, "namespace"],
  [{ namespace: "a.b" }, "namespace"],
  [{ namespace: "a".repeat(64) }, "namespace"],
  [{ labels: ["x"] }, "labels"],
  [{ labels: "x" }, "labels"],
  [{ labels: { version: 1 } }, "labels.version"],
  [{ labels: { on: true } }, "labels.on"],
  [{ labels: { team: "search and more" } }, "labels.team"],
  [{ labels: { team: "a".repeat(64) } }, "labels.team"],
  [{ labels: { "a b": "x" } }, "labels.a b"],
  [{ labels: { "Example.org/team": "x" } }, "labels.Example.org/team"],
  [{ labels: { "a/b/c": "x" } }, "labels.a/b/c"],
  [{ annotations: { retries: 3 } }, "annotations.retries"],
  [{ annotations: { owner: { name: "ada" } } }, "annotations.owner"],
  [{ annotations: { "a b": "x" } }, "annotations.a b"],
])("metadata %j is refused at %s, as by an API server", (metadata, path) => {
  expect(pathsOf(metadata)).toEqual([`metadata.${path}`]);
});

test.each([
  { name: "a.b-1" },
  { name: "1" },
  { name: undefined, generateName: "docs-" },
  { namespace: "team-1", labels: null, annotations: null },
  { labels: { "app.kubernetes.io/name": "search", tier: "", A_b: "1.2.3", empty: null } },
  { annotations: { "Example.org/Note": "any text, é, {}" } },
])("metadata %j is taken, as by an API server", (metadata) => {
  expect(pathsOf(metadata)).toEqual([]);
});
