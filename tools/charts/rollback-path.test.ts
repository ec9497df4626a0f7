// Who may leave users at the destination with nobody to bring them back: the policy's own expressions, asked about people.
import { settleFinalizer } from "@retriever/sidecar/contract/names.ts";
import { describe, expect, it } from "vitest";
import { makeRefusalOf } from "./ask-policy.ts";

const refusalOf = makeRefusalOf("-rollback-path");
const operator = "system:serviceaccount:retriever-system:retriever-migration-operator";

type Edit = { readonly finalizers?: readonly string[]; readonly deletionPolicy?: string; readonly automatic?: boolean };

function inPhase(phase: string | undefined, { finalizers, deletionPolicy = "Rollback", automatic = true }: Edit = {}) {
  return {
    metadata: { name: "docs", ...(finalizers && { finalizers }) },
    spec: { deletionPolicy, rollback: { automatic } },
    ...(phase !== undefined && { status: { phase } }),
  };
}

type Case = readonly [edit: string, object: object, before: object];
const held = [settleFinalizer];
const underWay = ["Preflight", "AwaitingApproval", "Ramp", "CuttingOver", "Guard", "VerifyingDrift"];

describe.each(["alice", "system:serviceaccount:flux-system:kustomize-controller"])("%s", (username) => {
  it.each<Case>([
    ["alone", inPhase("Guard"), inPhase("Guard", { finalizers: held })],
    ["among others", inPhase("Guard", { finalizers: ["a.b/c"] }), inPhase("Guard", { finalizers: ["a.b/c", ...held] })],
    ["after its end", inPhase("Completed"), inPhase("Completed", { finalizers: held })],
  ])("takes the operator's finalizer off no migration, %s", (_, object, before) => {
    expect(refusalOf({ username, object, before })).toContain("only the operator and break-glass");
  });

  it.each(underWay)("has no migration in %s kept at the destination, or left without its rollback", (phase) => {
    for (const edit of [{ deletionPolicy: "Keep" }, { automatic: false }])
      expect(refusalOf({ username, object: inPhase(phase, edit), before: inPhase(phase) })).toContain("to promote");
  });

  it.each<Case>([
    [
      "another's finalizer",
      inPhase("Guard", { finalizers: held }),
      inPhase("Guard", { finalizers: ["a.b/c", ...held] }),
    ],
    ["what isn't accepted", inPhase("Pending", { deletionPolicy: "Keep" }), inPhase("Pending")],
    ["what no operator has seen", inPhase(undefined, { automatic: false }), inPhase(undefined)],
    ["what is over", inPhase("RolledBack", { automatic: false }), inPhase("RolledBack")],
    ["back to more safety", inPhase("Guard"), inPhase("Guard", { deletionPolicy: "Keep", automatic: false })],
    ["what stays weak", inPhase("Guard", { automatic: false }), inPhase("Guard", { automatic: false })],
  ])("may change %s", (_, object, before) => {
    expect(refusalOf({ username, object, before })).toBeUndefined();
  });
});

it("whoever may end a guard may take its rollback path", () => {
  const object = inPhase("Guard", { deletionPolicy: "Keep", automatic: false });
  expect(refusalOf({ username: "alice", rights: ["promote"], object, before: inPhase("Guard") })).toBeUndefined();
  expect(refusalOf({ username: "alice", rights: ["rollback"], object, before: inPhase("Guard") })).toBeDefined();
});

it.each([
  ["the operator", operator, []],
  ["break-glass", "carol", ["retriever:break-glass"]],
])("%s lets a migration go", (_, username, groups) => {
  const before = inPhase("Guard", { finalizers: held });
  expect(refusalOf({ username, groups, object: inPhase("Guard"), before })).toBeUndefined();
});
