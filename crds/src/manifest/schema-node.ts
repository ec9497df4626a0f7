// The two dialects of a schema's nodes: as zod prints them, and as the API server takes them.
import { z } from "zod";

export type CelValidation = { readonly rule: string; readonly message: string };

/** Node of a structural schema; also what the walk reads, where zod's extra keywords are still there. */
export type StructuralSchema = {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly items?: StructuralSchema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly nullable?: boolean;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  /** A number or a string, as in a PodDisruptionBudget: the one alternative that has no type. */
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-validations"?: readonly CelValidation[];
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
};

/** Node of zod's output: the same keywords and the ones that structural schemas refuse. */
export type JsonSchema = StructuralSchema & {
  readonly $schema?: string;
  readonly additionalProperties?: unknown;
  readonly format?: string;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  /** Of the field's docs; no manifest has them. */
  readonly examples?: readonly unknown[];
  readonly refused?: unknown;
  readonly beside?: Readonly<Record<string, unknown>>;
};

/** A zod schema as zod prints it, of what people write: what has a default may be left out. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { target: "openapi-3.0", io: "input" }) as JsonSchema;
}

/** The same without the examples, for which a manifest has no place. */
export function jsonSchemaWithoutExamples(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    target: "openapi-3.0",
    io: "input",
    override: ({ jsonSchema }) => {
      for (const keyword of ["examples", "refused", "beside"]) delete jsonSchema[keyword];
    },
  }) as JsonSchema;
}
