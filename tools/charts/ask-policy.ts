// An admission policy of the stored rendering, asked by its own expressions as an API server asks it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Environment } from "@marcbachmann/cel-js";
import { parseAllDocuments } from "yaml";

type Named = { readonly name: string; readonly expression: string };
type Policy = {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly matchConditions: readonly Named[];
    readonly variables: readonly Named[];
    readonly validations: readonly { readonly expression: string; readonly message: string }[];
  };
};
type Asked = {
  readonly username: string;
  readonly groups?: readonly string[];
  readonly object: object;
  /** As it was; absent: it is created. */
  readonly before?: object;
  /** Subresources of migrations that the account may create; absent: none. */
  readonly rights?: readonly string[];
};

const environment = new Environment({ unlistedVariablesAreDyn: true });
/** Who asks whether somebody may says of what, one word after the other. */
for (const word of ["group", "resource", "subresource", "namespace", "name", "check"])
  environment.registerFunction(`dyn.${word}(string): dyn`, (asked: object, value: string) => ({
    ...asked,
    [word]: value,
  }));
environment.registerFunction(
  "dyn.allowed(): bool",
  (asked: { readonly rights: readonly string[]; readonly subresource: string }) =>
    asked.rights.includes(asked.subresource),
);
const evaluate = (expression: string, given: Record<string, unknown>): unknown =>
  environment.evaluate(expression, given);

const rendering = join(import.meta.dirname, "../../charts/retriever-migration-operator/renderings/default.yaml");

/** What the policy whose name ends so refuses, in its words; undefined: it passes. */
export function makeRefusalOf(nameEnd: string): (asked: Asked) => string | undefined {
  const policy = parseAllDocuments(readFileSync(rendering, "utf8"))
    .map((document) => document.toJS() as Policy)
    .find(({ kind, metadata }) => kind === "ValidatingAdmissionPolicy" && metadata.name.endsWith(nameEnd));
  if (policy === undefined) throw new Error(`no policy ${nameEnd}`);
  const { matchConditions, variables, validations } = policy.spec;
  return ({ username, groups = [], object, before, rights = [] }) => {
    const request = {
      operation: before === undefined ? "CREATE" : "UPDATE",
      namespace: "search",
      userInfo: { username, groups },
    };
    const given = { request, object, oldObject: before ?? null, authorizer: { rights } };
    if (!matchConditions.every(({ expression }) => evaluate(expression, given) === true)) return undefined;
    const found: Record<string, unknown> = {};
    for (const { name, expression } of variables) found[name] = evaluate(expression, { ...given, variables: found });
    return validations.find(({ expression }) => evaluate(expression, { ...given, variables: found }) !== true)?.message;
  };
}
