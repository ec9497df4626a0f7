// What the stored renderings promise without a cluster: policies that deny and parse, pods that pass the restricted standard.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse as parseCel } from "@marcbachmann/cel-js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { acts } from "../../crds/src/migration.ts";
import { identityPolicyName, isInForce } from "../../operator/src/adapters/policies/admission-policies.ts";
import type { MigrationMeta } from "../../operator/src/core/model/migration.ts";
import { renderOverlay } from "../../operator/src/core/overlay/revision.ts";
import { aSpec } from "../../operator/test/builders/spec.ts";

const root = join(import.meta.dirname, "../..");

type Expression = { readonly expression: string; readonly messageExpression?: string; readonly message?: string };
type PolicySpec = {
  readonly failurePolicy?: string;
  readonly paramKind?: unknown;
  readonly matchConditions?: readonly Expression[];
  readonly variables?: readonly Expression[];
  readonly validations?: readonly Expression[];
};
type BindingSpec = {
  readonly policyName: string;
  readonly validationActions: readonly string[];
  readonly paramRef?: { readonly parameterNotFoundAction: string };
};
type Container = {
  readonly name: string;
  readonly image: string;
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
  };
  readonly resources?: { readonly limits?: { readonly memory?: string } };
  readonly volumeMounts?: readonly { readonly subPath?: string }[];
};
type PodSpec = {
  readonly securityContext?: { readonly runAsNonRoot?: boolean; readonly seccompProfile?: { readonly type: string } };
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly hostNetwork?: boolean;
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
};
type Template = { readonly spec: PodSpec };
type Manifest = {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: unknown;
};

const manifests = globSync("charts/*/renderings/!(*.values).yaml", { cwd: root })
  .filter((file) => !file.endsWith(".values.yaml"))
  .flatMap((file) =>
    parseAllDocuments(readFileSync(join(root, file), "utf8")).map((document) => ({
      file,
      ...(document.toJS() as Manifest),
    })),
  );

const policies = manifests.filter(({ kind }) => kind === "ValidatingAdmissionPolicy");
const bindings = manifests.filter(({ kind }) => kind === "ValidatingAdmissionPolicyBinding");
const identity = policies.filter(({ metadata }) => metadata.name === identityPolicyName);

function isCel(text: string): boolean {
  try {
    parseCel(text);
    return true;
  } catch {
    return false;
  }
}

/** One only warns: nothing depends on whether it is in force. */
const isWarning = ({ metadata }: Manifest): boolean => metadata.name.endsWith("unanswerable-check");
const denying = policies.filter((policy) => !isWarning(policy));

describe("every admission policy", () => {
  it("is there: who acts, what the operator writes, who writes overlays, the epoch, the freeze", () => {
    const names = policies.map(({ metadata }) => metadata.name.replace(/^.*operator-/, ""));
    expect([...new Set(names)].toSorted()).toEqual(
      ["act-uid", "configmaps", "events", "freeze-base", "freeze-target", "jobs", "jobs-equal", "migrations"]
        .concat([
          "job-owners",
          "migration-policy",
          "overlay-epoch",
          "overlay-name",
          "pod-owners",
          "pods",
          "rollback-path",
          "writers",
          "unanswerable-check",
          identityPolicyName,
        ])
        .toSorted(),
    );
  });

  it.each(denying.map((policy) => [`${policy.metadata.name} (${policy.file})`, policy] as const))(
    "%s fails closed and is bound to deny, whatever it is about",
    (_, policy) => {
      const spec = policy.spec as PolicySpec;
      expect(spec.failurePolicy).toBe("Fail");
      const own = bindings.filter(
        ({ file, metadata }) => file === policy.file && metadata.name === policy.metadata.name,
      );
      expect(own).toHaveLength(1);
      const bound = own[0]?.spec as BindingSpec;
      expect(bound).toMatchObject({ policyName: policy.metadata.name, validationActions: ["Deny"] });
      expect(bound).not.toHaveProperty("matchResources");
      // Deny is asked before the match conditions: it would refuse everybody where there is no parameter.
      expect(bound.paramRef?.parameterNotFoundAction).toBe(spec.paramKind === undefined ? undefined : "Allow");
    },
  );

  it("is bound to warn where it refuses nothing, and lets everything pass when it can't be asked", () => {
    const warning = bindings.filter(isWarning);
    expect(warning.length).toBeGreaterThan(0);
    for (const { spec } of warning) expect(spec).toMatchObject({ validationActions: ["Warn"] });
    for (const { spec } of policies.filter(isWarning)) expect(spec).toMatchObject({ failurePolicy: "Ignore" });
  });

  it("is one that the operator of its release looks for, may read, and finds in force", () => {
    for (const file of new Set(policies.map((policy) => policy.file))) {
      const own = denying.filter((policy) => policy.file === file).map(({ metadata }) => metadata.name);
      const told = /RETRIEVER_POLICIES, value: "([^"]*)"/.exec(readFileSync(join(root, file), "utf8"))?.[1] ?? "";
      expect(told.split(",").toSorted()).toEqual(own.toSorted());
      const role = manifests.find(
        (one) => one.file === file && one.kind === "ClusterRole" && one.metadata.name.endsWith("-policies"),
      );
      const { rules } = role as unknown as { readonly rules: readonly { readonly resourceNames: readonly string[] }[] };
      expect(rules[0]?.resourceNames.toSorted()).toEqual(own.toSorted());
      for (const name of own) {
        const [policy, binding] = [policies, bindings].map((all) =>
          all.find((one) => one.file === file && one.metadata.name === name),
        );
        expect(isInForce({ name, policy, binding })).toBe(true);
      }
    }
  });

  it("is written in CEL, and says what it expects", () => {
    const expressions = policies.flatMap(({ spec }) => {
      const { matchConditions = [], variables = [], validations = [] } = spec as PolicySpec;
      return [...matchConditions, ...variables, ...validations];
    });
    const texts = expressions.flatMap(({ expression, messageExpression }) => [expression, messageExpression ?? "true"]);
    expect(texts.length).toBeGreaterThan(100);
    expect(texts.filter((text) => !isCel(text))).toEqual([]);
    expect(isCel("object.spec ==")).toBe(false);
    const silent = policies.flatMap(({ spec }) =>
      ((spec as PolicySpec).validations ?? []).filter(({ message = "" }) => message.length < 20),
    );
    expect(silent).toEqual([]);
  });
});

describe("the operators of a cluster", () => {
  const accounts = (file: string) => {
    const listed = policies
      .filter((policy) => policy.file === file)
      .flatMap(({ spec }) => [...JSON.stringify(spec).matchAll(/userInfo\.username in (\[[^\]]*\])/g)])
      .map(([, list = ""]) => list)
      .filter((list) => !list.includes("generic-garbage-collector"));
    return { count: listed.length, lists: [...new Set(listed)] };
  };

  it("are the release's own, and those that the administrator lists, in every policy that speaks of them", () => {
    const [own, other] = ["retriever-system", "retriever-b"].map(
      (namespace) => `'system:serviceaccount:${namespace}:retriever-migration-operator'`,
    );
    const chart = "charts/retriever-migration-operator/renderings";
    expect(accounts(`${chart}/default.yaml`).lists).toEqual([`[${own}]`]);
    expect(accounts(`${chart}/everything.yaml`).lists).toEqual([`[${own}, ${other}]`]);
    expect(accounts(`${chart}/everything.yaml`).count).toBeGreaterThanOrEqual(9);
  });
});

describe("the form that an overlay's text has to have", () => {
  const spec = policies.find(({ metadata }) => metadata.name.endsWith("-overlay-epoch"))?.spec as PolicySpec;
  const expressionOf = (wanted: string) =>
    (spec.variables as readonly { name: string; expression: string }[]).find(({ name }) => name === wanted)?.expression;
  const [, form = ""] = /matches\('(.*)'\) &&/.exec(expressionOf("isPrinted") ?? "") ?? [];
  const [, start = ""] = /find\('(\^.*?)'\)/s.exec(expressionOf("after") ?? "") ?? [];
  // What CEL reads of a string's escapes.
  const unescaped = (text: string) => text.replaceAll(/\\(.)/g, (_, one: string) => (one === "n" ? "\n" : one));
  const isTaken = (text: string) =>
    new RegExp(unescaped(form)).test(text) &&
    new RegExp(unescaped(start)).test(text) &&
    text.split('"revision": {').length === 2;

  it("is the one in which the operator prints it, whatever words stand in it", () => {
    const meta = { namespace: "search", name: "docs", uid: "u" } as MigrationMeta;
    const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(words, words, fc.integer({ min: 1, max: 2_000_000_000 }), (collection, filter, epoch) => {
        const plan = aSpec();
        const destination = { ...plan.destination, collection, filterable: { [`f${filter.length}`]: "keyword" } };
        const revision = { epoch, primary: "source", shadow: "none", sampleRate: 0, released: false } as const;
        const status = { planHash: "0123456789abcdef", revision, source: { digest: "a".repeat(32), label: filter } };
        const spec = { ...plan, destination } as typeof plan;
        expect(isTaken(renderOverlay(meta, spec, status as never)?.text ?? "")).toBe(true);
      }),
    );
    expect(isTaken("{}\n")).toBe(false);
  });
});

describe("an application without Helm", () => {
  it.each(["verify", "copy", "sync", "repair"])("has the same %s as one with the library chart", (what) => {
    const rendered = manifests.filter(({ file }) => file.endsWith("retriever-sidecar/renderings/example.yaml"));
    const own = parseAllDocuments(readFileSync(join(root, `examples/application/${what}.yaml`), "utf8"));
    expect(own.map((document) => (document.toJS() as Manifest).kind)).toEqual(["CronJob", "Role", "RoleBinding"]);
    for (const document of own) {
      const manifest = document.toJS() as Manifest;
      const same = rendered.find(
        ({ kind, metadata }) => kind === manifest.kind && metadata.name === manifest.metadata.name,
      );
      expect({ ...manifest, file: same?.file }).toEqual(same);
    }
  });
});

describe("docs/install.md", () => {
  it("names every policy", () => {
    const page = readFileSync(join(root, "docs/install.md"), "utf8");
    const names = policies.map(({ metadata }) => metadata.name.replace(/^.*operator-/, "…-"));
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

describe("the policy that proves who acts", () => {
  it("is what the operator looks for", () => {
    const [policy] = identity;
    const binding = bindings.find(({ metadata }) => metadata.name === identityPolicyName);
    expect(isInForce({ name: identityPolicyName, policy, binding })).toBe(true);
    expect(isInForce({ name: identityPolicyName, policy, binding: undefined })).toBe(false);
  });

  it("knows a right for every act, which some role gives", () => {
    const roles = manifests.filter(({ kind }) => kind === "ClusterRole") as unknown as {
      rules: { resources: string[] }[];
    }[];
    const given = new Set(roles.flatMap(({ rules }) => rules.flatMap(({ resources }) => resources)));
    // Who may let it go forward may end a guard as well: no right of its own, which no role of an administrator's has.
    const approve = "approve-sre-on-call";
    // Whoever may agree may say no.
    const shared: Readonly<Record<string, string>> = { Approve: approve, Deny: approve, CompleteGuard: "promote" };
    const rights = acts.map((act) => shared[act] ?? act.toLowerCase());
    const { variables = [] } = (identity[0]?.spec ?? {}) as { variables?: { name: string; expression: string }[] };
    const right = variables.find(({ name }) => name === "right")?.expression;
    expect(right).toContain("variables.spec.act == 'CompleteGuard' ? 'promote' :");
    expect(right).toContain("variables.spec.act in ['Approve', 'Deny'] ? 'approve-' +");
    expect(rights.filter((right) => !given.has(`retrievermigrations/${right}`))).toEqual([]);
  });
});

describe("every pod", () => {
  const pods = manifests.flatMap(({ file, kind, metadata, spec }) => {
    const templates: Readonly<Record<string, () => Template>> = {
      Pod: () => ({ spec: spec as PodSpec }),
      Deployment: () => (spec as { template: Template }).template,
      Job: () => (spec as { template: Template }).template,
      CronJob: () => (spec as { jobTemplate: { spec: { template: Template } } }).jobTemplate.spec.template,
    };
    const template = templates[kind]?.();
    return template === undefined ? [] : [[`${kind} ${metadata.name} (${file})`, template.spec] as const];
  });

  it.each(pods)("%s passes the restricted standard and writes nowhere of its own", (_, pod) => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
    expect(pod.hostNetwork).toBeUndefined();
    expect((pod.volumes ?? []).filter((volume) => "hostPath" in volume)).toEqual([]);
    for (const { securityContext, volumeMounts = [], ...container } of [
      ...(pod.initContainers ?? []),
      ...pod.containers,
    ]) {
      expect(securityContext).toMatchObject({ allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } });
      expect(securityContext?.capabilities?.add).toBeUndefined();
      expect(volumeMounts.filter(({ subPath }) => subPath !== undefined)).toEqual([]);
      // The example's application is anybody's.
      const isOurs = container.name !== "search-api";
      expect(!isOurs || securityContext?.readOnlyRootFilesystem).toBe(true);
      expect(!isOurs || container.resources?.limits?.memory !== undefined).toBe(true);
    }
  });

  it("is counted", () => {
    expect(pods.length).toBeGreaterThanOrEqual(9);
  });
});
