import { readFileSync } from "node:fs";
import { parseKnown } from "@retriever/stores/config/known-fields.ts";
import { expect, it } from "vitest";
import { migrationStatusSchema } from "./migration-status.ts";

it("a status that the first release wrote is read, and loses nothing", () => {
  const text = readFileSync(new URL("../../test/first-release-status.json", import.meta.url), "utf8");
  const { data, unknown } = parseKnown(migrationStatusSchema, JSON.parse(text));
  expect(unknown).toEqual([]);
  expect(data).toMatchObject(JSON.parse(text));
});
