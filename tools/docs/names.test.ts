// Names in backticks held to the code: fields, metrics, conditions, reasons, events, flags. What the code doesn't know
// is a name of somebody else, and stands in the list below.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { migrationActSpecSchema } from "../../crds/src/migration.ts";
import { policySpecSchema } from "../../crds/src/policy/policy-spec.ts";
import { schemaFields } from "../../crds/src/reference/schema-fields.ts";
import { migrationSpecSchema } from "../../crds/src/spec/migration-spec.ts";
import { migrationStatusSchema } from "../../crds/src/status/migration-status.ts";
import { readSource, treePaths } from "../tree.ts";
import { proseOf } from "./blocks.ts";

const root = join(import.meta.dirname, "../..");
const paths = await treePaths(root);
/** Decisions and changes speak of what was there at their time; recordings of what a Qdrant said. */
const isPage = (path: string): boolean => path.endsWith(".md") && !/^docs\/adr\/|^CHANGELOG|\/testdata\//.test(path);
const isCode = (path: string): boolean => !/^docs\/|\.(md|svg|jsonl|gz)$|^tools\/docs\/.*\.test\.ts$/.test(path);
const code = paths
  .filter(isCode)
  .map((path) => readSource(root, path).text)
  .join("\n");
const words = new Set(code.match(/[A-Za-z_]\w*/g));
/** As they stand in the code, or as the command line makes them of an option's name. */
const flags = new Set([...(code.match(/--[a-z][a-z-]*/g) ?? []), "--k", "--prometheus", "--sinks", "--reuse-values"]);

const fields = new Set(
  [
    ...schemaFields(migrationSpecSchema, "spec"),
    ...schemaFields(migrationStatusSchema, "status"),
    ...schemaFields(migrationActSpecSchema, "spec"),
    ...schemaFields(policySpecSchema, "spec"),
  ].flatMap(({ path }) => prefixes(path.replaceAll("[]", "").split("."))),
);
const specFields = Object.keys(migrationSpecSchema.shape);

/** `spec.a.b` holds `spec.a` too. */
function prefixes(parts: readonly string[]): string[] {
  return parts.map((_, index) => parts.slice(0, index + 1).join("."));
}

/** Names of Postgres, Prometheus, Kubernetes and the like; and of scenarios and overlays what begins as our fields do. */
const others = new Set([
  "DateStyle",
  "TimeZone",
  "destination.recall",
  "destination.scoreOffset",
  "jsonb_ops",
  "jsonb_path_ops",
  "keep_firing_for",
  "recall.maxQueriesPerSecond",
  "spec.template",
  "x_i",
]);

type Rule = { readonly isOne: (token: string) => boolean; readonly isThere: (token: string) => boolean };

const rules: Readonly<Record<string, Rule>> = {
  // With or without its first word; `guard.duration` is one, `webhook.from` a value of a chart.
  field: {
    isOne: (token) => /^\.?[a-z]\w*(\[\])?(\.[a-z]\w*(\[\])?)+$/.test(token) && startsLikeField(token),
    isThere: (token) => [bare(token), `spec.${bare(token)}`].some((path) => fields.has(path)),
  },
  flag: {
    isOne: (token) => /^--[a-z]/.test(token),
    isThere: (token) => flags.has(/^--[a-z-]+/.exec(token)?.[0] ?? ""),
  },
  // Of harm they are made of the rule's name: HarmLivePrimary of livePrimary.
  "phase, condition, reason or event": {
    isOne: (token) => /^[A-Z][a-z]+([A-Z][a-z]*)*$/.test(token),
    isThere: (token) =>
      words.has(token) || words.has(token.replace(/^Harm(.)/, (_, first: string) => first.toLowerCase())),
  },
  "metric, variable or code": {
    isOne: (token) => /^([a-z]+(_[a-z0-9]+)+|[A-Z]+(_[A-Z0-9]+)+)$/.test(token),
    isThere: (token) => words.has(token),
  },
  "name in the code": {
    isOne: (token) => /^[a-z]+[A-Z]\w*$/.test(token),
    isThere: (token) => words.has(token),
  },
};

function bare(token: string): string {
  return token.replace(/^\./, "").replaceAll("[]", "");
}

function startsLikeField(token: string): boolean {
  const [first = "", second = ""] = bare(token).split(".");
  if (["spec", "status"].includes(first)) return true;
  return specFields.includes(first) && !/^(ts|md|json|yaml|html)$/.test(second);
}

function unknownIn(text: string): string[] {
  const tokens = [...proseOf(text).matchAll(/`([^`\n]+)`/g)].map(([, token = ""]) => token);
  return tokens.flatMap((token) =>
    Object.entries(rules)
      .filter(([, { isOne, isThere }]) => isOne(token) && !isThere(token) && !others.has(token))
      .map(([kind]) => `${kind}: ${token}`),
  );
}

describe("the pages", () => {
  it.each(paths.filter(isPage))("%s names only what is there", (page) => {
    expect(unknownIn(readSource(root, page).text)).toEqual([]);
  });

  it("are caught when a field, a flag, a reason, a metric or a name is gone", () => {
    const there = "`guard.duration` `status.gates[].verdict` `--wait-for-gates` `HarmLivePrimary` `retrieval_total`";
    expect(unknownIn(there)).toEqual([]);
    const gone = ["guard.durashun", "status.gate[].verdict", "--wait-for-godot", "HarmLifePrimary", "retrieval_totals"];
    expect(unknownIn(gone.map((name) => `\`${name}\``).join(" "))).toHaveLength(gone.length);
  });
});
