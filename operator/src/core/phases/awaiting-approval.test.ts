import { describe, expect, it } from "vitest";
import { aReadyContext, asking, lagging, tell } from "#test/builders/context.ts";
import { aPod } from "#test/builders/world.ts";
import { awaitingApproval } from "./awaiting-approval.ts";

const unreachable = { status: "False", reason: "Unreachable", message: "no way there" } as const;

describe("AwaitingApproval", () => {
  const people = asking({ approvals: { roles: [{ name: "sre" }] } });

  it("waits for pods and for people, in their words", () => {
    expect(awaitingApproval({ ...aReadyContext("AwaitingApproval"), acks: lagging }).reason).toBe("Propagating");
    const waiting = awaitingApproval({ ...aReadyContext("AwaitingApproval", people), reachable: unreachable });
    expect(waiting).toMatchObject({ standing: "waiting", reason: "Unreachable" });
    expect(waiting.status.message).toMatch(/^waiting for approval: no way there; .+/);
  });

  it("goes on to the first stage, with what the source did before", () => {
    const c = aReadyContext("AwaitingApproval");
    const serving = c.serving.map((pod) => aPod(pod.name).following(c.migration, { requests: 50 }).build());
    const outcome = awaitingApproval({ ...c, serving });
    expect(tell(outcome)).toBe("WarmUp working WarmUpStarted: warming the shadow up at rate 0.02");
    expect(outcome.status.sourceBaseline).toMatchObject({ requests: 100 });
    expect(awaitingApproval(c).status).not.toHaveProperty("sourceBaseline");
  });
});
