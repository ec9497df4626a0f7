// Acts that are read in one pass are judged one after the other, each by what those before it have changed.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { expect, it } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration } from "#test/builders/world.ts";
import type { ActObservation, Observation } from "../model/observation.ts";
import { applyActs } from "./acts.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const { meta } = aMigration().build();

function apply(
  status: Partial<MigrationStatus>,
  asked: readonly ActObservation["act"][],
  waits: readonly boolean[] = [],
) {
  const acts = asked.map(
    (act, index): ActObservation => ({
      name: `act-${index}`,
      uid: `uid-${index}`,
      createdAt: now - 1000,
      act,
      actor: index === 0 ? "ada" : "bob",
      reason: "r",
      planHash: null,
      expiresAt: null,
      waitForGates: waits[index] === true,
    }),
  );
  const observation = { acts: { ok: true, value: acts }, claims: { ok: true, value: [] } } as unknown as Observation;
  const applied = applyActs({ meta, status: aStatus(status), plan: aSpec(), observation, now });
  return { acts: applied.status.acts, said: applied.announcements.map(({ message }) => message) };
}

it("a guard that was paused just before isn't completed", () => {
  const { acts, said } = apply({ phase: "Guard" }, ["Pause", "CompleteGuard"]);
  expect(said[1]).toBe("CompleteGuard by bob has no effect: the migration is paused; create a Resume act first");
  expect(acts).not.toHaveProperty("guardCompletedBy");
});

it("a guard that was resumed just before is completed", () => {
  const paused = { paused: true, seen: [] };
  expect(apply({ phase: "Guard", acts: paused }, ["Resume", "CompleteGuard"]).acts?.guardCompletedBy?.actor).toBe(
    "bob",
  );
});

it.each([
  ["first", [true, false]],
  ["second", [false, true]],
])("of two Promotes the one that waits is weighed, also where it comes %s", (_where, waits) => {
  const { acts, said } = apply({ phase: "AwaitingCutover" }, ["Promote", "Promote"], waits);
  const [who, other] = waits[0] === true ? ["ada", "bob"] : ["bob", "ada"];
  expect(acts).toMatchObject({ promotedBy: who, promoteUntil: "2026-03-01T15:59:59.000Z" });
  expect(said).toEqual([
    expect.stringMatching(`^Promote by ${other} has no effect: .*the Promote by ${who} (came|waits) `),
  ]);
});

it("who says first that writers moved is named", () => {
  const { acts, said } = apply({ phase: "Guard" }, ["WritersMoved", "WritersMoved"]);
  expect(acts?.writersMoved?.actor).toBe("ada");
  expect(said[1]).toContain("ada said so already");
});
