import { loadAdapters } from "@retriever/stores/kinds.ts";
import { expect, test } from "vitest";
import { makeReadInput } from "./read-input.ts";

const read = makeReadInput({ env: {}, allowedHosts: [], registry: await loadAdapters() });
const primary = {
  kind: "pgvector",
  connectionString: "postgres://u:p@localhost/d",
  layout: "langchain",
  fields: { metadata: [{ name: "page" }] },
};

function readBase(select: readonly string[], own: object = {}) {
  return read({ base: { text: JSON.stringify({ primary: { ...primary, ...own }, select }) }, overlay: "absent" }).base;
}

test("a select of what the primary declares is taken", () => {
  expect(readBase(["text", "page"])).toMatchObject({ kind: "valid", value: { select: ["text", "page"] } });
});

test.each([
  [["text", "author"], {}, "select[1]"],
  [["text"], { layout: "default" }, "select[0]"],
])("a select of %j beside %j is refused with its place", (select, own, path) => {
  expect(readBase(select, own)).toMatchObject({ kind: "invalid", fault: { code: "RETR_CONFIG_INVALID", path } });
});
