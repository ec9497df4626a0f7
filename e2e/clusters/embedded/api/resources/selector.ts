// Label and field selectors of lists and watches.
// Pure; refuses what it can't evaluate.
import { badRequest } from "../model/failure.ts";
import { type KubeObject, textOf, valueAt } from "../model/json.ts";
import type { ResourceType } from "./resource-type.ts";

export type Match = (object: KubeObject) => boolean;
type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

/** A label selector: equality and set based, all parts must hold. */
export function parseLabelSelector(text: string): Match {
  const tests = splitOutsideParentheses(text).map(parseRequirement);
  return (object) => tests.every((test) => test(object.metadata.labels ?? {}));
}

function splitOutsideParentheses(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

const requirementForms: readonly (readonly [RegExp, (key: string, value: string) => LabelTest])[] = [
  [
    /^([^\s!=(),]+)\s+in\s+\(([^()]*)\)$/,
    (key, list) => (labels) => labels[key] !== undefined && values(list).includes(labels[key]),
  ],
  [
    /^([^\s!=(),]+)\s+notin\s+\(([^()]*)\)$/,
    (key, list) => (labels) => labels[key] === undefined || !values(list).includes(labels[key]),
  ],
  [/^([^\s!=(),]+)\s*!=\s*([^\s!=(),]*)$/, (key, value) => (labels) => labels[key] !== value],
  [/^([^\s!=(),]+)\s*==?\s*([^\s!=(),]*)$/, (key, value) => (labels) => labels[key] === value],
  [/^!\s*([^\s!=(),]+)$/, (key) => (labels) => labels[key] === undefined],
  [/^([^\s!=(),]+)$/, (key) => (labels) => labels[key] !== undefined],
];

function parseRequirement(text: string): LabelTest {
  for (const [form, make] of requirementForms) {
    const found = form.exec(text);
    if (found !== null) return make(found[1] ?? "", found[2] ?? "");
  }
  throw badRequest(`unable to parse requirement: ${text}`);
}

function values(list: string): string[] {
  return list.split(",").map((value) => value.trim());
}

/** A field selector on the fields that the kind can be selected by. */
export function parseFieldSelector(type: ResourceType, text: string): Match {
  const tests = text
    .split(",")
    .filter((part) => part !== "")
    .map((part) => fieldTest(type, part));
  return (object) => tests.every((test) => test(object));
}

function fieldTest(type: ResourceType, part: string): Match {
  const found = /^([^!=]+)(!=|==?)(.*)$/.exec(part);
  if (found === null) throw badRequest(`invalid field selector: ${part}`);
  const [, field = "", operator = "=", wanted = ""] = found;
  if (!isSelectable(type, field)) throw badRequest(`field label not supported: ${field}`);
  const path = field.split(".");
  return (object) => (textOf(valueAt(object, ...path)) === wanted) === (operator !== "!=");
}

/** What is asked for; a real API server knows a few more. */
const selectable: Readonly<Record<string, readonly string[]>> = {
  "/events": ["involvedObject.name", "involvedObject.kind", "involvedObject.uid"],
};

function isSelectable(type: ResourceType, field: string): boolean {
  const own = [...(selectable[type.storage] ?? []), ...(type.selectable ?? [])];
  return ["metadata.name", "metadata.namespace", ...own].includes(field);
}
