// The kinds of the API group: schema, rules, names and printed columns in one place each.

import { apiGroup, apiVersion, migrationActSpecSchema } from "#migration.ts";
import { policySpecSchema } from "#policy/policy-spec.ts";
import { migrationSpecSchema } from "#spec/migration-spec.ts";
import { migrationStatusSchema } from "#status/migration-status.ts";
import { migrationActRules, migrationPolicyRules, migrationRules } from "./cel-rules.ts";
import type { KindDefinition } from "./to-crd.ts";

export const migrationKind: KindDefinition = {
  group: apiGroup,
  version: apiVersion,
  names: { kind: "RetrieverMigration", plural: "retrievermigrations", singular: "retrievermigration", short: "rmig" },
  description: "Moves a retrieval service from one vector store to another by dual read, and back by itself.",
  spec: migrationSpecSchema,
  // -1: readers that compare it with the generation see an object nobody has looked at yet, not a settled one.
  status: { schema: migrationStatusSchema, default: { observedGeneration: -1 } },
  rules: migrationRules,
  keyedLists: { "status.conditions": "type" },
  columns: [
    { name: "Phase", type: "string", jsonPath: ".status.phase" },
    {
      name: "Stage",
      type: "string",
      jsonPath: ".status.columns.stage",
      description: "Stage of the ramp, and how many",
    },
    { name: "Sample", type: "number", jsonPath: ".status.revision.sampleRate", description: "Share of dual reads" },
    { name: "Primary", type: "string", jsonPath: ".status.revision.primary", description: "Store that serves" },
    { name: "Guard", type: "string", jsonPath: ".status.columns.guard", description: "Watched time of the guard" },
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Message", type: "string", jsonPath: ".status.message", priority: 1 },
  ],
};

export const migrationActKind: KindDefinition = {
  group: apiGroup,
  version: apiVersion,
  names: { kind: "MigrationAct", plural: "migrationacts", singular: "migrationact", short: "ract" },
  description: "What a person asks of a migration: immutable, with its author.",
  spec: migrationActSpecSchema,
  rules: migrationActRules,
  // The acts on one migration are found among any number of others.
  selectable: [".spec.migration.name", ".spec.act"],
  columns: [
    { name: "Migration", type: "string", jsonPath: ".spec.migration.name" },
    { name: "Act", type: "string", jsonPath: ".spec.act" },
    { name: "Actor", type: "string", jsonPath: ".spec.actor" },
    { name: "Reason", type: "string", jsonPath: ".spec.reason", priority: 1 },
  ],
};

export const migrationPolicyKind: KindDefinition = {
  group: apiGroup,
  version: apiVersion,
  names: {
    kind: "RetrieverMigrationPolicy",
    plural: "retrievermigrationpolicies",
    singular: "retrievermigrationpolicy",
    short: "rpol",
  },
  scope: "Cluster",
  description: "What an administrator asks of every migration in some namespaces.",
  spec: policySpecSchema,
  rules: migrationPolicyRules,
  columns: [
    { name: "Hold", type: "string", jsonPath: ".spec.hold" },
    { name: "Most", type: "integer", jsonPath: ".spec.mostMigrations", description: "Migrations under way at once" },
  ],
};
