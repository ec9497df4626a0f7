// One request as the verbs see it, and the cluster they work on.
// Types and small readers only.
import type { Writer } from "../fields/managers.ts";
import type { KubeObject } from "../model/json.ts";
import type { Store } from "../model/store.ts";
import type { Registry } from "../resources/registry.ts";
import { groupVersion, type ResourceType } from "../resources/resource-type.ts";
import type { Query, Verb } from "./query.ts";

export type User = { readonly username: string; readonly groups: readonly string[] };

export type Call = {
  readonly verb: Verb;
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  /** Empty for calls on the collection. */
  readonly name: string;
  readonly subresource: string;
  readonly query: Query;
  readonly user: User;
  /** Field manager of this write. */
  readonly manager: string;
  readonly contentType: string;
  readonly body: unknown;
};

export type AdmissionRequest = {
  readonly operation: "create" | "update" | "delete";
  readonly resource: string;
  readonly group: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly subresource: string;
  readonly user: User;
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
  readonly dryRun: boolean;
};

/** Lets a write pass by returning, refuses it by throwing an ApiFailure. */
export type Admission = (request: AdmissionRequest) => void;

export type Cluster = {
  readonly store: Store;
  readonly registry: Registry;
  readonly admissions: Set<Admission>;
  readonly now: () => Date;
  readonly uid: () => string;
  /** Five characters for generated names. */
  readonly suffix: () => string;
};

export type Outcome = { readonly object: KubeObject; readonly code: 200 | 201 };

/** Times as Kubernetes writes them: whole seconds, UTC. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

export function isDryRun(call: Call): boolean {
  return call.query.dryRun === "All";
}

export function writerOf(call: Call, operation: Writer["operation"]): Writer {
  return { manager: call.manager, operation, apiVersion: groupVersion(call.type), subresource: call.subresource };
}
