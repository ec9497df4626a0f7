// What the double knows about one kind of resource: names, scope, schema and the ways in which it differs.
// Types and small readers only.
import type { Cause } from "../model/failure.ts";
import type { KubeObject } from "../model/json.ts";
import type { Schema } from "../schema/schema.ts";

export type ResourceType = {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Where objects are kept. */
  readonly storage: string;
  readonly subresources: readonly string[];
  readonly schema: Schema;
  /** Custom resources validate with 422 and own CEL rules; built-in kinds fail to decode with 400. */
  readonly custom: boolean;
  readonly unconditionalUpdate: boolean;
  readonly createOnUpdate: boolean;
  readonly hasGeneration: boolean;
  readonly nameRule: "subdomain" | "label";
  /** Fields beside name and namespace by which lists and watches select. */
  readonly selectable?: readonly string[];
  /** Completes a new or changed object beyond the schema's defaults. */
  readonly complete?: (object: KubeObject, old: KubeObject | undefined) => void;
  /** Faults beyond the schema. */
  readonly check?: (object: KubeObject, old: KubeObject | undefined) => readonly Cause[];
};

export function groupVersion(type: { readonly group: string; readonly version: string }): string {
  return type.group === "" ? type.version : `${type.group}/${type.version}`;
}
