// CEL validation rules of a custom resource, evaluated at every level of the schema, with transition rules.
// Pure apart from a cache of compiled expressions.
import { Environment, type ParseResult } from "@marcbachmann/cel-js";
import type { Cause } from "../model/failure.ts";
import { equal, isObject } from "../model/json.ts";
import { toCel } from "./cel-value.ts";
import { childPath, fieldSchema, itemSchema, sameItem } from "./descend.ts";
import type { Rule } from "./schema.ts";
import { type Checked, shown } from "./validate.ts";

const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
  .registerVariable("self", "dyn")
  .registerVariable("oldSelf", "dyn");

const compiled = new Map<string, ParseResult>();
const maxCompiled = 2000;

function compile(expression: string): ParseResult {
  const known = compiled.get(expression);
  if (known !== undefined) return known;
  const made = environment.parse(expression);
  if (compiled.size >= maxCompiled) compiled.clear();
  compiled.set(expression, made);
  return made;
}

/** The faults that the rules find in the value and in all it contains. */
export function evaluateRules(node: Checked): Cause[] {
  const { schema, value, old, path } = node;
  if (value === null || value === undefined) return [];
  const faults = (schema["x-kubernetes-validations"] ?? []).flatMap((rule) => evaluate(rule, node));
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const child = {
        schema: itemSchema(schema),
        value: item,
        old: sameItem(schema, old, item),
        path: `${path}[${index}]`,
      };
      faults.push(...evaluateRules(child));
    }
  }
  if (!isObject(value)) return faults;
  for (const [name, child] of Object.entries(value)) {
    const childSchema = fieldSchema(schema, name);
    const oldChild = isObject(old) ? old[name] : undefined;
    if (childSchema !== undefined)
      faults.push(...evaluateRules({ schema: childSchema, value: child, old: oldChild, path: childPath(path, name) }));
  }
  return faults;
}

function evaluate(rule: Rule, node: Checked): Cause[] {
  const { schema, value, old } = node;
  if (!applies(rule, node)) return [];
  const oldSelf = old === undefined ? null : toCel(schema, old);
  const context = { self: toCel(schema, value), oldSelf };
  try {
    if (compile(rule.rule)(context) === true) return [];
    return [fault(rule, node, text(rule, context))];
  } catch (error) {
    return [fault(rule, node, `rule evaluation error: ${firstLine(error)}: ${rule.rule}`)];
  }
}

/** A transition rule needs an old value; any other rule is not asked again about a value that did not change. */
function applies(rule: Rule, { value, old }: Checked): boolean {
  const isTransition = /\boldSelf\b/.test(rule.rule);
  return isTransition ? old !== undefined : old === undefined || !equal(old, value);
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n")[0] ?? "";
}

function text(rule: Rule, context: { readonly self: unknown; readonly oldSelf: unknown }): string {
  if (rule.messageExpression !== undefined) {
    const made: unknown = compile(rule.messageExpression)(context);
    if (typeof made === "string" && made.trim() !== "") return made;
  }
  return rule.message ?? `failed rule: ${rule.rule}`;
}

function fault(rule: Rule, { value, path }: Checked, message: string): Cause {
  const field = rule.fieldPath === undefined ? path : `${path}${rule.fieldPath}`.replace(/^\./, "");
  const reason = rule.reason ?? "FieldValueInvalid";
  const prefixes: Record<string, string> = {
    FieldValueRequired: "Required value",
    FieldValueForbidden: "Forbidden",
    FieldValueDuplicate: `Duplicate value: ${shown(value)}`,
  };
  return {
    reason,
    message: `${prefixes[reason] ?? `Invalid value: ${shown(value)}`}: ${message}`,
    field: field === "" ? "<nil>" : field,
  };
}
