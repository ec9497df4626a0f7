import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { makeTally } from "./tally.ts";

test("a tally without a label shows 0 before its first value, and then the sum of all, however often it is read", async () => {
  const registry = new Registry();
  const tally = makeTally(registry, { name: "samples_total", help: "Samples.", labels: [] });
  expect(await registry.metrics()).toMatch(/^samples_total 0$/m);
  tally.add(1);
  tally.add(0.5);
  for (const _ of [1, 2]) expect(await registry.metrics()).toMatch(/^samples_total 1\.5$/m);
});

test("a tally with a label shows each value from its first addition on, zeros too", async () => {
  const registry = new Registry();
  const tally = makeTally(registry, { name: "faults_total", help: "Faults.", labels: ["code"] });
  expect(await registry.metrics()).not.toContain("faults_total{");
  tally.add(1, "A");
  tally.add(2, "A");
  tally.add(0, "B");
  const text = await registry.metrics();
  expect(text).toContain('faults_total{code="A"} 3');
  expect(text).toContain('faults_total{code="B"} 0');
});
