// The LeaseStore port on coordination.k8s.io/v1.
import type { ObjectMeta } from "#kube/documents.ts";
import { instantOf, printMicroTime } from "#kube/instants.ts";
import type { KubeRequest } from "#kube/kube-request.ts";
import { readObject } from "#kube/read-and-write.ts";
import { leases, operatorLabels, typeOf, versionAnnotation } from "#kube/resources.ts";
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

type LeasePlace = {
  readonly namespace: string;
  readonly name: string;
  /** Release of the operator that writes: what leads is told by who leads. */
  readonly version: string;
};

/** The lease of this name; each call is one request. */
export function makeLeaseStore(request: KubeRequest, { namespace, name, version }: LeasePlace): LeaseStore {
  const told = { labels: operatorLabels, annotations: { [versionAnnotation]: version } };
  return {
    read: async (signal) => {
      const found = await readObject(request, { resource: leases, namespace, name }, signal);
      return found === undefined ? undefined : toRead(found as LeaseDocument);
    },
    write: async (record, over, signal) => {
      const metadata = { namespace, name, ...told, ...(over === undefined ? {} : { resourceVersion: over }) };
      const body = { ...typeOf(leases), metadata, spec: specOf(record) };
      const answer =
        over === undefined
          ? await request({ method: "POST", place: { resource: leases, namespace }, body, signal })
          : await request({ method: "PUT", place: { resource: leases, namespace, name }, body, signal });
      return toRead(answer as LeaseDocument);
    },
  };
}

function specOf(record: LeaseRecord): unknown {
  return {
    holderIdentity: record.holder,
    leaseDurationSeconds: record.durationSeconds,
    acquireTime: printMicroTime(record.acquiredAt),
    renewTime: printMicroTime(record.renewedAt),
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
