import { describe, expect, test } from "vitest";
import { describeSettings, parseSettings } from "./config.ts";
import { hasCode, type OperatorError } from "./errors.ts";

/** The listed faults; any other error stays an error. */
function faultsOf(flags: Record<string, string>, env: Record<string, string> = {}): readonly string[] {
  try {
    parseSettings(flags, env);
    return [];
  } catch (fault) {
    if (!hasCode(fault, "ROP_SETTINGS_INVALID")) throw fault;
    return (fault as OperatorError).details["faults"] as readonly string[];
  }
}

describe("the settings", () => {
  test("without anything given are the defaults", () => {
    expect(parseSettings({}, {})).toEqual({
      namespaces: [],
      podNamespace: "default",
      podName: "",
      listen: "0.0.0.0:8080",
      kubeconfig: "",
      leaderElection: true,
      leaseMs: 15_000,
      leaseName: "retriever-operator",
      apiDeadlineMs: 10_000,
      sidecarDeadlineMs: 2000,
      sidecarCaFile: "",
      sidecarClientTls: "",
      resyncMs: 60_000,
      concurrency: 4,
      logLevel: "info",
      actIdentity: "proved",
      migrationPolicies: "optional",
      policies: [],
      sinks: "",
      prometheus: "",
      webhookListen: "",
      webhookTokenFile: "",
      evidenceLog: false,
    });
  });

  test("take flags over environment", () => {
    const settings = parseSettings(
      { listen: "127.0.0.1:0", namespaces: "a, b" },
      { RETRIEVER_LISTEN: "0.0.0.0:1", POD_NAME: "op-1" },
    );
    expect(settings).toMatchObject({ listen: "127.0.0.1:0", namespaces: ["a", "b"], podName: "op-1" });
  });

  test("with several faults name each by flag, variable, expectation and what came", () => {
    const faults = faultsOf(
      { concurrency: "many", "sample-rate": "1" },
      { RETRIEVER_LISTEN: "nowhere", RETRIEVER_LEADER_ELECTION: "perhaps" },
    );
    expect(faults.length).toBe(4);
    expect(faults.join("\n")).toContain(
      '--concurrency (RETRIEVER_CONCURRENCY): expected a whole number from 1 to 64, got "many"',
    );
    expect(faults.join("\n")).toContain("--listen (RETRIEVER_LISTEN): expected host:port");
    expect(faults.join("\n")).toContain("--sample-rate: unknown setting");
    expect(faults.join("\n")).toContain("expected true or false");
  });

  test("out of range say the bound", () => {
    expect(faultsOf({ "api-deadline-ms": "1" })).toEqual([
      '--api-deadline-ms (RETRIEVER_API_DEADLINE_MS): expected at least 100, got "1"',
    ]);
  });

  test("are described one line each", () => {
    expect(describeSettings().split("\n").length).toBe(Object.keys(parseSettings({}, {})).length);
  });
});
