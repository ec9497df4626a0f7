// The suite's own custom resource: small, with every schema feature that the checks speak of.
// Data only.

const spec = {
  type: "object",
  required: ["size"],
  properties: {
    size: { type: "integer", minimum: 1, maximum: 10 },
    colour: { type: "string", enum: ["red", "blue"], default: "red" },
    note: { type: "string", maxLength: 12 },
    ratio: { type: "number", minimum: 0, maximum: 1 },
    place: {
      type: "object",
      default: {},
      properties: { room: { type: "string", default: "cellar" }, shelf: { type: "integer", default: 3 } },
    },
    stages: {
      type: "array",
      maxItems: 5,
      items: { type: "object", required: ["rate"], properties: { rate: { type: "number" } } },
      "x-kubernetes-validations": [
        { rule: "self.all(a, self.exists_one(b, b.rate == a.rate))", message: "rates must differ" },
      ],
    },
    parts: {
      type: "array",
      maxItems: 5,
      items: {
        type: "object",
        required: ["id"],
        properties: {
          id: { type: "string", maxLength: 20 },
          weight: {
            type: "integer",
            "x-kubernetes-validations": [{ rule: "self >= oldSelf", message: "weight never falls" }],
          },
        },
      },
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["id"],
    },
    fixed: {
      type: "string",
      maxLength: 20,
      "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "fixed can't change" }],
    },
    either: { "x-kubernetes-int-or-string": true },
    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  },
  "x-kubernetes-validations": [
    {
      rule: "self.colour != 'blue' || self.size <= 5",
      // A message with string(self.size) is refused: its cost counts as unbounded.
      messageExpression: "'a blue widget has size 5 at most, not ' + (self.size == 6 ? '6' : 'more')",
    },
    {
      rule: "!has(self.ratio) || self.ratio < 0.75 || self.size > 1",
      message: "a wide ratio needs size 2",
      fieldPath: ".ratio",
      reason: "FieldValueForbidden",
    },
  ],
};

const status = {
  type: "object",
  properties: {
    epoch: { type: "integer", "x-kubernetes-validations": [{ rule: "self >= oldSelf", message: "epoch never falls" }] },
    phase: { type: "string" },
    conditions: {
      type: "array",
      maxItems: 10,
      items: {
        type: "object",
        required: ["type"],
        properties: { type: { type: "string", maxLength: 40 }, status: { type: "string" } },
      },
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["type"],
    },
  },
};

/** The definition of `widgets.test.retriever.dev`. */
export const widgetDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.test.retriever.dev" },
  spec: {
    group: "test.retriever.dev",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget", shortNames: ["wdg"] },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec, status },
            "x-kubernetes-validations": [
              { rule: "!has(oldSelf.status) || has(self.status)", message: "status never vanishes" },
            ],
          },
        },
      },
    ],
  },
};

/** A widget with this spec. */
export function widget(name: string, spec: unknown): { readonly [field: string]: unknown } {
  return { apiVersion: "test.retriever.dev/v1", kind: "Widget", metadata: { name }, spec };
}
