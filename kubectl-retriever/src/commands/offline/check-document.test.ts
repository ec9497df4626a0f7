import { describe, expect, test } from "vitest";
import { checkDocument } from "./check-document.ts";

function faultsOf(kind: string, spec: object): readonly string[] {
  const value = { apiVersion: "retriever.dev/v1alpha1", kind, metadata: { name: "docs" }, spec };
  const checked = checkDocument({ kind, value } as Parameters<typeof checkDocument>[0]);
  return checked?.ok === false ? checked.faults.map(({ path, message }) => `${path}: ${message}`) : [];
}

describe("a value that is a slip", () => {
  test("of a kind of store names the one that was meant, and hides none of its other faults", () => {
    const destination = { kind: "qdrnt", url: "qdrant:6333", colection: "chunks", apiKey: "SECRET" };
    const faults = faultsOf("RetrieverMigration", { target: { name: "search-api" }, destination });
    expect(faults[0]).toMatch(/^spec\.destination\.kind: .*; did you mean qdrant\?$/);
    expect(new Set(faults.slice(1).map((fault) => fault.split(":")[0]))).toEqual(
      new Set(["apiKey", "colection", "collection", "url"].map((field) => `spec.destination.${field}`)),
    );
  });

  test("of an act names the one that was meant", () => {
    const spec = { migration: { name: "docs" }, act: "Rolback", actor: "ada", reason: "" };
    expect(faultsOf("MigrationAct", spec)).toEqual([expect.stringMatching(/; did you mean Rollback\?$/)]);
  });

  test("that is like no other is only refused", () => {
    const spec = { target: { name: "search-api" }, destination: { kind: "elasticsearch", url: "x" } };
    expect(faultsOf("RetrieverMigration", spec)).toEqual([
      expect.stringMatching(/expected one of "pgvector", "qdrant"$/),
    ]);
  });
});

test("a secret is shown in no fault, wherever in the document it stands", () => {
  const destination = { kind: "pgvector", password: "hunter2", pasword: "hunter2" };
  const metadata = { name: "docs", passwords: "hunter2", labels: { token: "hunter2 and more" } };
  const spec = { target: { name: "search-api" }, destination, password: "hunter2" };
  const value = { apiVersion: "retriever.dev/v1alpha1", metadata, spec, destination, apiKey: "hunter2" };
  const checked = checkDocument({ kind: "RetrieverMigration", value, firstLine: 1, lineOf: () => 1 });
  const faults = checked?.ok === false ? checked.faults : [];
  const paths = faults.map(({ path }) => path);
  const places = ["metadata.passwords", "metadata.labels.token", "destination", "apiKey", "spec.destination.pasword"];
  expect(paths).toEqual(expect.arrayContaining(places));
  expect(JSON.stringify(faults)).not.toContain("hunter2");
});

test("a slip in a scenario is told with what was meant, wherever it is", () => {
  const events = [
    { at: "Guard+1m", destination: { latencyms: 4 } },
    { at: "1h", act: "Promot" },
  ];
  const value = { kind: "RehearsalScenario", shows: "x", events };
  expect(checkDocument({ kind: "RehearsalScenario", value, firstLine: 1, lineOf: () => 1 })).toMatchObject({
    ok: false,
    faults: [
      {
        path: "scenario.events[0].destination.latencyms",
        message: expect.stringMatching(/; did you mean latencyMs\?$/),
      },
      { path: "scenario.events[1].act", message: expect.stringMatching(/; did you mean Promote\?$/) },
    ],
  });
});
