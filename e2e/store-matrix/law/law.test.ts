import { expect, test } from "vitest";
import { runLaw } from "./run.ts";

test("what requests accept of a generated table a check, a verification and a repair accept, and all read the same of it", async () => {
  const { served, tables, wrong } = await runLaw({ address: "127.0.0.91", tables: 40, seed: 1 });
  expect(wrong).toEqual([]);
  expect(served).toBeGreaterThan(tables / 2);
});
