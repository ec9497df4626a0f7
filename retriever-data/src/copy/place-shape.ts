// What the destination has to be made like, from what the source says of itself, what its base lets requests filter by, and
// the first chunks. Pure.

import { textField } from "@retriever/stores/config/chunk-fields.ts";
import { type Filterable, fieldOf } from "@retriever/stores/config/filterable.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import type { FieldShape, StoreDescription, WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import type { IndexParameters, PlaceShape } from "@retriever/stores/ports/place-maker.ts";
import { numberText } from "@retriever/stores/values/same-value.ts";

type Known = {
  readonly fields: readonly string[];
  readonly filterable: Filterable;
  readonly source: StoreDescription;
  readonly first: readonly Pick<WholeChunk, "fields">[];
  readonly index: IndexParameters;
};

/** Throws RETR_COPY_REFUSED for a source that doesn't say enough. */
export function placeShape({ fields, filterable, source, first, index }: Known): PlaceShape {
  const { dimension, metric, precision } = source;
  if (dimension === null || metric === null || precision === null) {
    const said = Object.entries({ dimension, metric, precision }).filter(([, value]) => value === null);
    const message = `--create: the source's ${said.map(([name]) => name).join(", ")} isn't known; make the destination by hand`;
    throw new RetrieverError({ code: "RETR_COPY_REFUSED", message });
  }
  const shapes = fields.map((name, index): [string, FieldShape] => [
    name,
    source.fieldShapes?.[index] ?? declared(filterable, name) ?? seen(name, first),
  ]);
  return {
    dimension,
    metric,
    precision,
    fields: Object.fromEntries(shapes),
    filterable: fields.filter((name) => Object.hasOwn(filterable, name)),
    index,
  };
}

const words = { keyword: "text", integer: "integer", float: "float", boolean: "boolean", moment: "moment" } as const;

function declared(filterable: Filterable, name: string): FieldShape | null {
  const field = fieldOf(filterable, name);
  if (field === undefined) return null;
  if (field.isList) return field.type === "keyword" ? "texts" : "json";
  return words[field.type];
}

/** Of the values that the first chunks have; anything where they have none, or several kinds. */
function seen(name: string, first: Known["first"]): FieldShape {
  if (name === textField) return "text";
  const values = first.map(({ fields }) => fields[name] ?? null).filter((value) => value !== null);
  const shapes = new Set(values.map(shapeOf));
  // Only the first chunks were looked at: a double would round what comes later in silence.
  if (shapes.size === 2 && shapes.has("integer") && shapes.has("decimal")) return "decimal";
  const [shape = "json"] = shapes;
  return shapes.size > 1 ? "json" : shape;
}

function shapeOf(value: unknown): FieldShape {
  const digits = numberText(value);
  if (digits !== null) return /^-?\d{1,18}$/.test(digits) ? "integer" : "decimal";
  if (typeof value === "string") return "text";
  if (typeof value === "boolean") return "boolean";
  return Array.isArray(value) && value.every((each) => typeof each === "string") ? "texts" : "json";
}

/** How a place that is there differs from one that would be made, each with its value and what is expected; empty: it fits. */
export function misfits(held: StoreDescription, { dimension, metric, precision }: PlaceShape): string[] {
  const expected = { dimension, metric, precision };
  return Object.entries(expected).flatMap(([name, value]) => {
    const own = held[name as keyof typeof expected];
    // pgvector has no column of bytes: what is made for them holds each exactly.
    const isWider = value === "int8" && own === "float32";
    return own === value || isWider
      ? []
      : [`${name}: the destination has ${own ?? "none that is known"}, expected ${value}`];
  });
}
