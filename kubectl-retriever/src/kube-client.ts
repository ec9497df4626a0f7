// What the command line asks of the API server: one migration, who we are, one new act.
import { type MigrationActSpec, migrationUidLabel } from "@retriever/crds/migration.ts";
import { makeClusterReads } from "@retriever/operator/adapters/cluster/cluster-reads.ts";
import { hasCode } from "@retriever/operator/errors.ts";
import type { KubeRequest } from "@retriever/operator/kube/kube-request.ts";
import { listAll } from "@retriever/operator/kube/listing.ts";
import {
  apiVersionOf,
  migrationActs,
  migrations,
  ownedBy,
  selfSubjectReviews,
} from "@retriever/operator/kube/resources.ts";

/** An act that names its migration by both. */
type NamedActSpec = MigrationActSpec & { readonly migration: { readonly name: string; readonly uid: string } };

export type KubeClient = {
  readonly readMigration: (namespace: string, name: string, signal: AbortSignal) => Promise<unknown>;
  /** As the server sent them; `undefined`: of all namespaces. */
  readonly listMigrations: (namespace: string | undefined, signal: AbortSignal) => Promise<readonly unknown[]>;
  /** Whether the policy is in force that proves who acts. */
  readonly readActIdentityProved: (signal: AbortSignal) => Promise<boolean>;
  /** The user as the server knows it; the kubeconfig's name of it when the server doesn't say. */
  readonly whoAmI: (signal: AbortSignal) => Promise<string>;
  /** Name of the created act, which goes with its migration. */
  readonly createAct: (namespace: string, spec: NamedActSpec, signal: AbortSignal) => Promise<string>;
};

/** A client over live requests; `userName` is the kubeconfig's. */
export function makeKubeClient(request: KubeRequest, userName: string): KubeClient {
  return {
    readMigration: (namespace, name, signal) =>
      request({ method: "GET", place: { resource: migrations, namespace, name }, signal }),
    listMigrations: async (namespace, signal) => {
      const place = { resource: migrations, ...(namespace === undefined ? {} : { namespace }) };
      return listAll(request, { place }, (item) => [item], signal);
    },
    readActIdentityProved: makeClusterReads(request, [], { elapsed: () => 0 }).readActIdentityProved,
    whoAmI: async (signal) => {
      const body = { apiVersion: apiVersionOf(selfSubjectReviews), kind: selfSubjectReviews.kind };
      try {
        const review = (await request({ method: "POST", place: { resource: selfSubjectReviews }, body, signal })) as {
          status?: { userInfo?: { username?: string } };
        };
        return review.status?.userInfo?.username ?? userName;
      } catch (fault) {
        // Servers before 1.28 don't have the review, and it may be forbidden: the admission policy has the last word anyway.
        if (hasCode(fault, "ROP_NOT_FOUND") || hasCode(fault, "ROP_FORBIDDEN") || hasCode(fault, "ROP_INVALID"))
          return userName;
        throw fault;
      }
    },
    createAct: async (namespace, spec, signal) => {
      const { name, uid } = spec.migration;
      const metadata = {
        namespace,
        generateName: `${name.slice(0, 200)}-${spec.act.toLowerCase()}-`,
        labels: { [migrationUidLabel]: uid },
        ownerReferences: ownedBy({ name, uid }),
      };
      const body = { apiVersion: apiVersionOf(migrationActs), kind: migrationActs.kind, metadata, spec };
      const created = (await request({
        method: "POST",
        place: { resource: migrationActs, namespace },
        body,
        signal,
      })) as {
        metadata?: { name?: string };
      };
      return created.metadata?.name ?? "";
    },
  };
}
