// A few hundred of what `make fuzz-sidecar` does in thousands; the slow ones are left to it.
import { expect, it } from "vitest";
import { runDifferential } from "./differential.ts";
import { contentBase, flatBase, typedBase } from "./fuzzed-base.ts";
import { runHostileRequests } from "./hostile-requests.ts";
import { makeTally } from "./tally.ts";

it("300 questions get through the sidecar what the official client gets", async () => {
  const tally = makeTally();
  await runDifferential({ questions: 300, seed: 7, tally });
  expect(tally.print()).not.toContain("FAIL");
  expect(tally.passed()).toBeGreaterThan(300);
});

it.each([flatBase, typedBase, contentBase])(
  "300 hostile requests with $name are served or refused as the reference says, and nothing else",
  async (base) => {
    const tally = makeTally();
    await runHostileRequests({ requests: 300, slowRequests: 0, seed: 7, tally, base });
    expect(tally.print()).not.toContain("FAIL");
    expect(tally.passed()).toBeGreaterThan(300);
  },
);

it("failures are counted, and shown with their first examples", () => {
  const tally = makeTally();
  tally.pass("good");
  for (const example of ["first", "second", "third", "fourth"]) tally.fail("bad", example);
  expect([tally.passed(), tally.failed()]).toEqual([1, 4]);
  expect(tally.print()).toMatch(/ok +1 +good\nFAIL +4 +bad\n +first\n +second\n +third$/);
});
