// What a filter means, over one payload: docs/filters.md in code, for a store that has no words of its own.
import { readValue } from "#filter/read-value.ts";
import type { Condition, Filter, FilterValue } from "#ports/filter.ts";

type Payload = Readonly<Record<string, unknown>>;

export function passes(payload: Payload, filter: Filter): boolean {
  switch (filter.op) {
    case "and":
      return filter.of.every((each) => passes(payload, each));
    case "or":
      return filter.of.some((each) => passes(payload, each));
    case "not":
      return !passes(payload, filter.of);
    default:
      return holds(filter, valueAt(payload, filter.field.name));
  }
}

function valueAt(payload: Payload, name: string): unknown {
  return name.split(".").reduce<unknown>((inner, step) => {
    const isObject = typeof inner === "object" && inner !== null && !Array.isArray(inner);
    return isObject && Object.hasOwn(inner, step) ? Reflect.get(inner, step) : undefined;
  }, payload);
}

function holds(condition: Condition, value: unknown): boolean {
  if (condition.op === "exists") {
    return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
  }
  const elements: readonly unknown[] = Array.isArray(value) ? value : [value];
  const { type } = condition.field;
  return elements.some((element) => {
    const held = readValue(type, element);
    return held !== undefined && isWanted(condition, held);
  });
}

function isWanted(condition: Exclude<Condition, { op: "exists" }>, held: FilterValue): boolean {
  if (condition.op === "in") return condition.values.includes(held);
  const { gt, gte, lt, lte } = condition.bounds;
  if (gt !== undefined && !(held > gt)) return false;
  if (gte !== undefined && !(held >= gte)) return false;
  return (lt === undefined || held < lt) && (lte === undefined || held <= lte);
}
