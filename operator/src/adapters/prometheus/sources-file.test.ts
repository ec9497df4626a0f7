import { describe, expect, test } from "vitest";
import type { OperatorError } from "#errors.ts";
import { parseSources } from "./sources-file.ts";

function faultsOf(text: string): string {
  try {
    parseSources(text);
    return "";
  } catch (fault) {
    return ((fault as OperatorError).details["faults"] as string[]).join("\n");
  }
}

describe("the file of sources", () => {
  test("names each with its address, files and Alertmanagers", () => {
    const text = `
prometheus:
  - name: monitoring
    url: https://prometheus.monitoring.svc:9090/base
    tokenFile: /etc/retriever/prometheus/token
    caFile: /etc/retriever/prometheus/ca.crt
    alertmanagers: [{ url: "http://alertmanager.monitoring.svc:9093" }]
    pinnedRules: [{ alert: RETR_DUAL_VARIANCE_SIDECARS, group: retriever.variance, file: /rules/retriever.yaml }]
  - { name: second, url: "http://10.0.0.1:9090" }
`;
    expect(parseSources(text).map(({ name }) => name)).toEqual(["monitoring", "second"]);
  });

  test("with several faults lists each with its path, and quotes no address", () => {
    const text = `
prometheus:
  - { name: Monitoring, url: "https://user:secret-canary@prometheus", tokenFile: token }
  - { name: second, url: "ftp://secret-canary", cafile: /x }
`;
    const faults = faultsOf(text);
    for (const part of [
      "prometheus.0.name: expected a name",
      "prometheus.0.url: expected an address without user",
      "prometheus.0.tokenFile: expected an absolute path",
      "prometheus.1.url: expected an http or https address",
      'prometheus.1: Unrecognized key: "cafile"',
    ])
      expect(faults).toContain(part);
    expect(faults).not.toContain("secret-canary");
  });

  test.each([
    ["the same name twice", "prometheus: [{name: a, url: 'http://a'}, {name: a, url: 'http://b'}]", "every name once"],
    ["no YAML", "prometheus: [", "(root)"],
    ["nothing", "", "(root)"],
    [
      "a pinned rule without its file",
      "prometheus: [{name: a, url: 'http://a', pinnedRules: [{alert: a, group: b}]}]",
      "prometheus.0.pinnedRules.0.file",
    ],
  ])("with %s is refused", (_, text, words) => {
    expect(faultsOf(text)).toContain(words);
  });
});
