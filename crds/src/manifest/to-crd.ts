// Zod schema of a kind → its CustomResourceDefinition as a plain object. Pure; what it returns is data to print.
import type { z } from "zod";
import type { CelRule } from "./cel-rules.ts";
import { jsonSchemaWithoutExamples, type StructuralSchema } from "./schema-node.ts";
import { toStructural } from "./structural-schema.ts";

type PrinterColumn = {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "date";
  readonly jsonPath: string;
  readonly description?: string;
  readonly priority?: number;
};

export type KindDefinition = {
  readonly group: string;
  readonly version: string;
  readonly names: { readonly kind: string; readonly plural: string; readonly singular: string; readonly short: string };
  readonly description: string;
  /** Namespaced, where nothing else is said. */
  readonly scope?: "Cluster";
  readonly spec: z.ZodType;
  readonly status?: { readonly schema: z.ZodType; readonly default: Readonly<Record<string, unknown>> };
  readonly rules: readonly CelRule[];
  /** Nodes that are lists keyed by one property, by path. */
  readonly keyedLists?: Readonly<Record<string, string>>;
  readonly columns: readonly PrinterColumn[];
  /** Fields by which lists and watches may select; API servers before 1.31 don't know them. */
  readonly selectable?: readonly string[];
};

/** The manifest of a kind. Throws TypeError when its schema has no structural form or a rule's node isn't there. */
export function toCrd(definition: KindDefinition): Readonly<Record<string, unknown>> {
  const { group, version, names } = definition;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${names.plural}.${group}` },
    spec: {
      group,
      scope: definition.scope ?? "Namespaced",
      names: {
        kind: names.kind,
        listKind: `${names.kind}List`,
        plural: names.plural,
        singular: names.singular,
        shortNames: [names.short],
        categories: ["retriever"],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: rootSchema(definition) },
          ...(definition.selectable && {
            selectableFields: definition.selectable.map((jsonPath) => ({ jsonPath })),
          }),
          ...(definition.status && { subresources: { status: {} } }),
          additionalPrinterColumns: [
            ...definition.columns,
            { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
          ],
        },
      ],
    },
  };
}

/** The whole object's structural schema, with rules and list keys in place. */
export function rootSchema(definition: KindDefinition): StructuralSchema {
  const { status } = definition;
  let schema: StructuralSchema = {
    type: "object",
    description: definition.description,
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: structuralOf(definition.spec),
      ...(status && { status: { ...structuralOf(status.schema), default: status.default } }),
    },
  };
  for (const { at, rule, message } of definition.rules) {
    schema = changeAt(schema, segmentsOf(at), (node) => ({
      ...node,
      "x-kubernetes-validations": [...(node["x-kubernetes-validations"] ?? []), { rule, message }],
    }));
  }
  for (const [at, key] of Object.entries(definition.keyedLists ?? {})) {
    schema = changeAt(schema, segmentsOf(at), (node) => ({
      ...node,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": [key],
    }));
  }
  return schema;
}

function structuralOf(schema: z.ZodType): StructuralSchema {
  return toStructural(jsonSchemaWithoutExamples(schema));
}

function segmentsOf(path: string): string[] {
  return path === "" ? [] : path.split(".");
}

function changeAt(
  schema: StructuralSchema,
  path: readonly string[],
  change: (node: StructuralSchema) => StructuralSchema,
): StructuralSchema {
  const [name, ...rest] = path;
  if (name === undefined) return change(schema);
  if (name.endsWith("[]")) {
    const inList = (list: StructuralSchema) => ({ ...list, items: changeAt(list.items ?? {}, rest, change) });
    return changeAt(schema, [name.slice(0, -2)], inList);
  }
  const child = schema.properties?.[name];
  if (child === undefined) throw new TypeError(`no property ${name} to put a rule on`);
  return { ...schema, properties: { ...schema.properties, [name]: changeAt(child, rest, change) } };
}
