import { describe, expect, it } from "vitest";
import { aReadyContext, asking, lagging, tell } from "#test/builders/context.ts";
import { someJobs } from "#test/builders/verification.ts";
import { preflight } from "./preflight.ts";

const unreachable = { status: "False", reason: "Unreachable", message: "no way there" } as const;
const notProbed = { status: "Unknown", reason: "NotProbed", message: "not probed yet" } as const;

describe("Preflight", () => {
  it("is left when the checklist is answered", () => {
    expect(tell(preflight(aReadyContext("Preflight")))).toBe(
      "AwaitingApproval working PreflightPassed: the checklist is answered; waiting for approval",
    );
  });

  it("waits for pods before it asks anything", () => {
    const outcome = preflight({ ...aReadyContext("Preflight", asking({ parity: {} })), acks: lagging });
    expect(outcome.reason).toBe("Propagating");
    expect(outcome.status.verification).toBeUndefined();
  });

  it("compares nothing that can't be reached, and names every cause", () => {
    const c = aReadyContext("Preflight", asking({ parity: {}, smokeTests: {} }));
    const outcome = preflight({ ...c, reachable: unreachable });
    expect(tell(outcome)).toBe(
      "Preflight blocked Unreachable: preflight: no way there; the stores have not been compared yet; " +
        "spec.checklist.smokeTests.cronJobs names no test, expected at least one",
    );
    expect(outcome.status.verification).toBeUndefined();
    expect(preflight(aReadyContext("Preflight", asking({ parity: {} }))).status.verification?.runs).toHaveLength(1);
  });

  it("works while all that is open comes by itself, and is blocked when something has to change", () => {
    const parity = asking({ parity: {} });
    expect(preflight(aReadyContext("Preflight", parity))).toMatchObject({ standing: "working", reason: "Comparing" });
    expect(preflight({ ...aReadyContext("Preflight"), reachable: notProbed }).standing).toBe("working");
    const unprobed = { ...notProbed, reason: "SourceNotProbed" };
    expect(preflight({ ...aReadyContext("Preflight", parity), reachable: unprobed }).standing).toBe("working");
    expect(preflight({ ...aReadyContext("Preflight"), reachable: unreachable }).standing).toBe("blocked");
    const testing = aReadyContext("Preflight", asking({ smokeTests: { cronJobs: ["api"] } }));
    const tests = [{ name: "api", suspended: true, hasVerifier: false }];
    const observation = { ...testing.observation, jobs: someJobs({ tests }) };
    expect(preflight({ ...testing, observation })).toMatchObject({ standing: "working", reason: "Testing" });
    const blind = { ...aReadyContext("Preflight", parity), observation: { ...testing.observation, jobs: undefined } };
    const { jobs: _jobs, ...unobserved } = blind.observation;
    expect(preflight({ ...blind, observation: unobserved })).toMatchObject({
      standing: "working",
      reason: "NotCompared",
    });
  });
});
