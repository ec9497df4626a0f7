// The library chart's NetworkPolicies, which add up with those of others: they close what answers the operator, and neither
// open nor cut anything else of the application.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

type Peer = { readonly namespaceSelector?: { readonly matchLabels?: Readonly<Record<string, string>> } };
type Rule = {
  readonly from?: readonly Peer[];
  readonly ports?: readonly {
    readonly port?: number | string;
    readonly endPort?: number;
    readonly protocol?: string;
  }[];
};
type Document = {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly policyTypes: readonly string[];
    readonly ingress: readonly Rule[];
    readonly egress?: unknown;
  };
};
type Values = {
  readonly "retriever-sidecar": {
    readonly networkPolicy?: { readonly applicationIngress?: readonly Rule[]; readonly adminFrom?: readonly Peer[] };
  };
};

const given = (parse(read("examples/chart/values.yaml")) as Values)["retriever-sidecar"].networkPolicy ?? {};
const operators = "retriever-system";
/** Those on which sidecars, verifiers and syncs answer. */
const own = [7090, 7091, "admin", "report"];

const namespaceOf = ({ namespaceSelector }: Peer): string | undefined =>
  namespaceSelector?.matchLabels?.["kubernetes.io/metadata.name"];
const isOwn = ({ ports = [] }: Rule): boolean =>
  ports.some(
    ({ port = "", endPort }) => endPort === undefined && (own.includes(port) || /^(admin|report)-/.test(String(port))),
  );
const adminPort = 7090;
/** Whether it lets TCP through to the admin port. */
const reaches = ({ ports = [{}] }: Rule): boolean =>
  ports.some(
    ({ port = 0, endPort = port === 0 ? 65_535 : port, protocol = "TCP" }) =>
      protocol === "TCP" && Number(port) <= adminPort && Number(endPort) >= adminPort,
  );

function policiesOf(rendering: string): readonly Document[] {
  return parseAllDocuments(read(`charts/retriever-sidecar/renderings/${rendering}.yaml`))
    .map((document) => document.toJS() as Document)
    .filter(({ kind }) => kind === "NetworkPolicy");
}

const rulesOf = (rendering: string): Rule[] => policiesOf(rendering).flatMap(({ spec }) => spec.ingress);

describe.each(["example", "indexed"])("the NetworkPolicies of the rendering %s", (rendering) => {
  const [policies, rules] = [policiesOf(rendering), rulesOf(rendering)];

  it("are there for the application, its verification and its sync", () => {
    const names = policies.map(({ metadata }) => metadata.name.replace(/^.*-retriever/, "retriever"));
    expect(names).toEqual(expect.arrayContaining(["retriever", "retriever-verify", "retriever-sync"]));
  });

  it("speak of what comes in, and leave to others what goes out", () => {
    for (const { spec } of policies) expect([spec.policyTypes, spec.egress]).toEqual([["Ingress"], undefined]);
  });

  it("open what answers the operator to its namespace, and to nobody but whom the values name", () => {
    const opened = rules.filter(isOwn);
    expect(opened.length).toBeGreaterThanOrEqual(3);
    const named = (given.adminFrom ?? []).map(namespaceOf);
    for (const { from = [], ports = [] } of opened) {
      expect(ports).toHaveLength(1);
      expect(from.map(namespaceOf)[0]).toBe(operators);
      expect(
        from
          .slice(1)
          .map(namespaceOf)
          .filter((one) => one === undefined || !named.includes(one)),
      ).toEqual([]);
    }
  });

  it("let nobody else reach the admin port, also where the application is everybody's", () => {
    expect(rules.filter(reaches).map(({ from = [] }) => namespaceOf(from[0] ?? {}))).toEqual([operators]);
  });
});

it("the application's own rules are taken as they are, with no rule beside them", () => {
  const others = rulesOf("example").filter((rule) => !isOwn(rule));
  expect(others).toEqual(given.applicationIngress);
});
