// The LeaseStore port on coordination.k8s.io/v1.
import { hasCode } from "#errors.ts";
import type { ObjectMeta } from "#kube/documents.ts";
import type { KubeRequest } from "#kube/kube-request.ts";
import { apiVersionOf, leases } from "#kube/resources.ts";
import type { LeaseRead, LeaseRecord, LeaseStore } from "#ports/lease.ts";

type LeaseDocument = {
  readonly metadata?: ObjectMeta;
  readonly spec?: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
};

/** The lease of this name; each call is one request. */
export function makeLeaseStore(
  request: KubeRequest,
  lease: { readonly namespace: string; readonly name: string },
): LeaseStore {
  const { namespace, name } = lease;
  return {
    read: async (signal) => {
      try {
        return toRead(
          (await request({ method: "GET", place: { resource: leases, namespace, name }, signal })) as LeaseDocument,
        );
      } catch (fault) {
        if (hasCode(fault, "ROP_NOT_FOUND")) return undefined;
        throw fault;
      }
    },
    write: async (record, over, signal) => {
      const metadata = { namespace, name, ...(over === undefined ? {} : { resourceVersion: over }) };
      const body = { apiVersion: apiVersionOf(leases), kind: leases.kind, metadata, spec: specOf(record) };
      const answer =
        over === undefined
          ? await request({ method: "POST", place: { resource: leases, namespace }, body, signal })
          : await request({ method: "PUT", place: { resource: leases, namespace, name }, body, signal });
      return toRead(answer as LeaseDocument);
    },
  };
}

/** Six digits: the API server refuses the three of a plain date. */
export function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/(\.\d{3})Z$/, "$1000Z");
}

function specOf(record: LeaseRecord): unknown {
  return {
    holderIdentity: record.holder,
    leaseDurationSeconds: record.durationSeconds,
    acquireTime: microTime(record.acquiredAt),
    renewTime: microTime(record.renewedAt),
    leaseTransitions: record.transitions,
  };
}

function toRead({ metadata, spec }: LeaseDocument): LeaseRead {
  const { holderIdentity, leaseDurationSeconds = 15, leaseTransitions = 0, renewTime, acquireTime } = spec ?? {};
  return {
    holder: holderIdentity ?? "",
    durationSeconds: leaseDurationSeconds,
    renewedAt: instantOf(renewTime),
    acquiredAt: instantOf(acquireTime),
    transitions: leaseTransitions,
    resourceVersion: metadata?.resourceVersion ?? "",
  };
}

function instantOf(text: string | undefined): number {
  return Date.parse(text ?? "") || 0;
}
