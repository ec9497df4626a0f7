// What the command line asks of the API server.
import type { MigrationActSpec } from "@retriever/crds/migration.ts";
import { hasCode, OperatorError } from "@retriever/operator/errors.ts";
import type { KubeRequest } from "@retriever/operator/kube/kube-request.ts";
import { listAll } from "@retriever/operator/kube/listing.ts";
import {
  events,
  migrationActs,
  migrations,
  ownedBy,
  type Resource,
  selfSubjectAccessReviews,
  selfSubjectReviews,
  typeOf,
} from "@retriever/operator/kube/resources.ts";

/** Label of an act: the UID of its migration. A constant of the API, held by a test. */
const migrationUidLabel = "retriever.dev/migration-uid";

/** An act as it is sent, and as it lies there. */
export type ActDocument = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly uid?: string;
    readonly creationTimestamp?: string;
    readonly [field: string]: unknown;
  };
  readonly spec: MigrationActSpec;
};

/** An event of a migration, as far as it is shown. */
export type MigrationEvent = {
  /** Of the Event object. */
  readonly name: string;
  readonly at: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
};

/** What somebody wants to do: `create` of `retrievermigrations/approve-sre`, for instance. */
export type Right = {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
};

export type EventSubject = { readonly namespace: string; readonly name: string; readonly uid?: string | undefined };

export type KubeClient = {
  readonly readMigration: (namespace: string, name: string, signal: AbortSignal) => Promise<unknown>;
  /** As the server sent them; `undefined`: of all namespaces. */
  readonly listMigrations: (namespace: string | undefined, signal: AbortSignal) => Promise<readonly unknown[]>;
  /** Whether the policy is in force that proves who acts. */
  readonly readActIdentityProved: (signal: AbortSignal) => Promise<boolean>;
  /** The kubeconfig's name of the user. */
  readonly userName: string;
  /** The user as the server knows it; the kubeconfig's name of it when the server doesn't say. */
  readonly whoAmI: (signal: AbortSignal) => Promise<string>;
  /** Whether the user may; undefined where the server doesn't say. */
  readonly mayI: (right: Right, signal: AbortSignal) => Promise<boolean | undefined>;
  /** The act as it was created; with `dryRun` as it would have been. */
  readonly createAct: (act: ActDocument, dryRun: boolean, signal: AbortSignal) => Promise<ActDocument>;
  /** Deletes an act that this client created. */
  readonly deleteAct: (act: ActDocument, signal: AbortSignal) => Promise<void>;
  /** Events of a migration, the newest last; without a UID those of all that had the name. */
  readonly listEvents: (of: EventSubject, signal: AbortSignal) => Promise<readonly MigrationEvent[]>;
};

/** An act before it is sent. It goes with its migration where it names the UID. */
export function actDocument(namespace: string, spec: MigrationActSpec): ActDocument {
  const { name, uid } = spec.migration;
  const bound =
    uid === undefined ? {} : { labels: { [migrationUidLabel]: uid }, ownerReferences: ownedBy({ name, uid }) };
  const generateName = `${name.slice(0, 200)}-${spec.act.toLowerCase()}-`;
  return { ...typeOf(migrationActs), metadata: { namespace, generateName, ...bound }, spec };
}

/** A client over live requests; `userName` is the kubeconfig's. */
export function makeKubeClient(request: KubeRequest, userName: string): KubeClient {
  return {
    userName,
    readMigration: (namespace, name, signal) =>
      request({ method: "GET", place: { resource: migrations, namespace, name }, signal }),
    listMigrations: async (namespace, signal) => {
      const place = { resource: migrations, ...(namespace === undefined ? {} : { namespace }) };
      return listAll(request, { place }, (item) => [item], signal).catch((fault: unknown) => {
        throw hasCode(fault, "ROP_NOT_FOUND") ? notServed(migrations, fault) : fault;
      });
    },
    readActIdentityProved: async (signal) => {
      const { makeClusterReads } = await import("@retriever/operator/adapters/cluster/cluster-reads.ts");
      return makeClusterReads(request, [], { elapsed: () => 0 }).readActIdentityProved(signal);
    },
    whoAmI: async (signal) => {
      const place = { resource: selfSubjectReviews };
      const review = await ifAnswered(
        request({ method: "POST", place, body: typeOf(selfSubjectReviews), signal }) as Promise<UserReview>,
      );
      return review?.status?.userInfo?.username ?? userName;
    },
    mayI: async (right, signal) => {
      const place = { resource: selfSubjectAccessReviews };
      const body = { ...typeOf(selfSubjectAccessReviews), spec: { resourceAttributes: right } };
      const review = await ifAnswered(request({ method: "POST", place, body, signal }) as Promise<AccessReview>);
      return review?.status?.allowed;
    },
    createAct: async (act, dryRun, signal) => {
      const place = { resource: migrationActs, namespace: String(act.metadata["namespace"]) };
      const query = dryRun ? { query: { dryRun: "All" } } : {};
      try {
        return (await request({ method: "POST", place, ...query, body: act, signal })) as ActDocument;
      } catch (fault) {
        // Where there is no such namespace, nobody has asked for the migration either: it tells of that itself.
        const isForWantOfNamespace = fault instanceof OperatorError && fault.details["absent"] === "namespace";
        throw hasCode(fault, "ROP_NOT_FOUND") && !isForWantOfNamespace ? notServed(migrationActs, fault) : fault;
      }
    },
    deleteAct: async ({ metadata: { name, namespace, uid } }, signal) => {
      const place = { resource: migrationActs, namespace: String(namespace), name: String(name) };
      const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } };
      await request({ method: "DELETE", place, body, signal });
    },
    listEvents: async ({ namespace, name, uid }, signal) => {
      const own = uid === undefined ? "" : `,involvedObject.uid=${uid}`;
      const fieldSelector = `involvedObject.kind=${migrations.kind},involvedObject.name=${name}${own}`;
      const selection = { place: { resource: events, namespace }, query: { fieldSelector } };
      const found = await listAll(request, selection, (item) => [eventOf(item as RawEvent)], signal);
      return found.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    },
  };
}

/** The definitions are missing, or so old that they have another version; also a namespace may be. */
export function notServed({ plural, group, version }: Resource, cause: unknown): OperatorError {
  const about = `the API server serves no ${plural}.${group}/${version} there`;
  return new OperatorError("ROP_NOT_FOUND", about, { cause, details: { served: "no" } });
}

type UserReview = { readonly status?: { readonly userInfo?: { readonly username?: string } } };
type AccessReview = { readonly status?: { readonly allowed?: boolean } };

/** Servers before 1.28 don't have every review, and it may be forbidden: the admission policy has the last word anyway. */
async function ifAnswered<T>(review: Promise<T>): Promise<T | undefined> {
  try {
    return await review;
  } catch (fault) {
    if (hasCode(fault, "ROP_NOT_FOUND") || hasCode(fault, "ROP_FORBIDDEN") || hasCode(fault, "ROP_INVALID"))
      return undefined;
    throw fault;
  }
}

type RawEvent = {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly metadata?: { readonly name?: string; readonly creationTimestamp?: string };
};

function eventOf({ type = "", reason = "", message = "", count, ...times }: RawEvent): MigrationEvent {
  const at = times.lastTimestamp ?? times.eventTime ?? times.metadata?.creationTimestamp ?? "";
  return { name: times.metadata?.name ?? "", at, type, reason, message, count: count ?? 1 };
}
