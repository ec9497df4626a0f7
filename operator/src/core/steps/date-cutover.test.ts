// When the cutover was: read off a status of today, of an earlier version, and of one that was restored from a backup.
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";
import { expect, it } from "vitest";
import { aContext, ago } from "#test/builders/context.ts";
import { aPod } from "#test/builders/world.ts";
import { dateCutover } from "./date-cutover.ts";

function dated(
  phase: Phase,
  status: Partial<MigrationStatus> = {},
  config: Partial<SidecarStatus["config"]> = {},
): string | undefined {
  const c = aContext(phase, { status });
  const pod = aPod("pod-1")
    .following(c.migration)
    .saying((said) => ({ config: { ...said.config, ...config } }))
    .build();
  const observation = { ...c.observation, pods: { ok: true as const, value: [pod] } };
  return dateCutover({ ...c, observation }).cutoverAt;
}

it("stays what it is where it was decided with the revision, or before", () => {
  expect(dated("Guard", { cutoverAt: ago(600) })).toBeUndefined();
  expect(dated("Guard", { cutoverAt: ago(601) })).toBeUndefined();
});

it("is the revision's time where the status says none, or when the last pod had followed", () => {
  expect(dated("CuttingOver")).toBe(ago(600));
  expect(dated("Guard", { cutoverAt: ago(300) })).toBe(ago(600));
  expect(dated("Guard", { cutoverAt: "?" })).toBe(ago(600));
});

it("is after the newest revision of a restored status, where a pod serves by a later one", () => {
  const ahead = { epoch: 6, primary: "destination" } as const;
  expect(dated("AwaitingCutover", {}, ahead)).toBe(ago(600));
  expect(dated("AwaitingCutover", {}, { ...ahead, primary: "source" })).toBeUndefined();
  expect(dated("AwaitingCutover", {}, { ...ahead, epoch: 5 })).toBeUndefined();
  expect(dated("AwaitingCutover", {}, { ...ahead, migrationUid: "another" })).toBeUndefined();
});

it("is none where nobody serves from the destination, or no revision can be dated", () => {
  expect(dated("Ramp")).toBeUndefined();
  expect(dated("Guard", { revision: undefined })).toBeUndefined();
});
