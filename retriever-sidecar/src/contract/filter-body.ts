// `filter` of a retrieve request as JSON Schema. `parseFilter` of the stores reads it; which fields and values it may
// name follows from the base's `filterable`.
import { maxFilterDepth, maxFilterParts } from "@retriever/stores/ports/filter.ts";

type Json = Readonly<Record<string, unknown>>;

const value = { type: ["string", "number", "boolean"], description: "Of the field's declared type." };
const bound = { type: ["string", "number"] };
const field = { type: "string", description: "Name of a field that the base declares as filterable." };
const filter = { $ref: "#/components/schemas/Filter" };

function object(required: readonly string[], properties: Json): Json {
  return { type: "object", additionalProperties: false, required, properties };
}

function operator(name: string, body: Json): Json {
  return object([name], { [name]: body });
}

const several = { type: "array", items: filter, minItems: 1 };

export const filterBody = {
  description:
    `One operator. At most ${maxFilterDepth} levels of and, or, not, and ${maxFilterParts} operators and values together. ` +
    "A list passes when one of its elements does; not passes whatever its filter doesn't, a missing field included.",
  oneOf: [
    operator("and", several),
    operator("or", several),
    operator("not", filter),
    operator("eq", object(["field", "value"], { field, value })),
    operator("in", object(["field", "values"], { field, values: { type: "array", items: value } })),
    operator("range", object(["field"], { field, gt: bound, gte: bound, lt: bound, lte: bound })),
    operator("exists", object(["field"], { field })),
    operator("contains", object(["field", "value"], { field, value })),
  ],
};
