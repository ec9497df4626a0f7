// Whether a CEL rule names only fields that its schema declares, as a real API server's type check demands.
// Pure; follows selections, indexes and macros from `self` and `oldSelf`, and is silent where the type is open.
import type { ASTNode } from "@marcbachmann/cel-js";
import { isObject } from "../model/json.ts";
import { escapeName } from "./cel-value.ts";
import type { Schema } from "./schema.ts";

type Scope = ReadonlyMap<string, Schema>;

const elementMacros = ["all", "exists", "exists_one", "existsOne", "filter", "map"];
/** What a rule at the root may read of the metadata. */
const rootMetadata: Schema = {
  type: "object",
  properties: { name: { type: "string" }, generateName: { type: "string" } },
};

/** The root's schema as rules see it. */
export function ruleRoot(schema: Schema): Schema {
  const text: Schema = { type: "string" };
  return { ...schema, properties: { ...schema.properties, apiVersion: text, kind: text, metadata: rootMetadata } };
}

/** The selections that the schema does not declare, such as `spec.colr`. */
export function undeclaredSelections(ast: ASTNode, schema: Schema): string[] {
  const found: string[] = [];
  visit(
    ast,
    new Map([
      ["self", schema],
      ["oldSelf", schema],
    ]),
    found,
  );
  return found;
}

/** Whether text is joined with `string(…)`, whose length, hence the cost, counts as unbounded whatever it is made of. */
export function joinsUnboundedText(node: ASTNode): boolean {
  const children = childrenOf(node.args);
  const isMade = ({ op, args }: ASTNode) => op === "call" && Array.isArray(args) && args[0] === "string";
  return (node.op === "+" && children.some(isMade)) || children.some(joinsUnboundedText);
}

/** Visits a node and returns the schema of its value, if it is known. */
function visit(node: ASTNode, scope: Scope, found: string[]): Schema | undefined {
  switch (node.op) {
    case "id":
      return scope.get(node.args);
    case ".":
    case ".?":
      return select(visit(node.args[0], scope, found), fieldName(node.args[1]), found);
    case "[]":
    case "[?]": {
      visit(node.args[1], scope, found);
      return elementOf(visit(node.args[0], scope, found));
    }
    case "rcall":
      return visitCall(node.args, scope, found);
    default:
      for (const child of childrenOf(node.args)) visit(child, scope, found);
      return undefined;
  }
}

function fieldName(name: unknown): string {
  return typeof name === "string" ? name : isNode(name) && typeof name.args === "string" ? name.args : "";
}

function visitCall(
  [name, receiver, args]: readonly [string, ASTNode, readonly ASTNode[]],
  scope: Scope,
  found: string[],
): Schema | undefined {
  const over = visit(receiver, scope, found);
  const [variable] = args;
  const bound = elementMacros.includes(name) && variable?.op === "id" ? variable.args : undefined;
  if (bound === undefined) {
    for (const arg of args) visit(arg, scope, found);
    return undefined;
  }
  // Over a map the variable is a key; over a list it is an item.
  const inner = new Map(scope).set(bound, over?.items ?? {});
  for (const arg of args.slice(1)) visit(arg, inner, found);
  return name === "filter" ? over : undefined;
}

function select(schema: Schema | undefined, name: string, found: string[]): Schema | undefined {
  if (schema === undefined || schema.type !== "object") return undefined;
  const declared = Object.entries(schema.properties ?? {}).find(([field]) => escapeName(field) === name);
  if (declared !== undefined) return declared[1];
  if (schema.additionalProperties !== undefined) return elementOf(schema);
  // Unknown fields that are kept are invisible to rules all the same.
  found.push(name);
  return undefined;
}

function elementOf(schema: Schema | undefined): Schema | undefined {
  return schema?.items ?? (isObject(schema?.additionalProperties) ? schema.additionalProperties : undefined);
}

function isNode(value: unknown): value is ASTNode {
  return isObject(value) && typeof value["op"] === "string";
}

function childrenOf(args: unknown): ASTNode[] {
  if (isNode(args)) return [args];
  return Array.isArray(args) ? args.flatMap(childrenOf) : [];
}
