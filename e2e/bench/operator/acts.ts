// Migrations and acts as people would create them, without HTTP.
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import type { EmbeddedApi } from "#clusters/embedded/api/start-api.ts";
import { type StorySpec, storyMigration } from "#stories/embedded/story-migration.ts";
import { kinds } from "./bench-cluster.ts";

/** Storage of migrations in the embedded API. */
export const migrationStorage = "retriever.dev/retrievermigrations";

export type Place = { readonly namespace: string; readonly name: string };

type Status = {
  readonly phase?: string;
  readonly message?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
};

const anyDestination = { kind: "qdrant", url: "http://127.0.0.1:6333", collection: "chunks" } as const;

/** Creates a migration of the stories' kind whose target has its name, unless `target` names it. */
export function createMigration(
  api: EmbeddedApi,
  { namespace, name }: Place,
  more: {
    readonly target?: string;
    readonly destination?: MigrationSpecInput["destination"];
    readonly changes?: StorySpec;
  } = {},
): void {
  const { target = name, destination = anyDestination, changes } = more;
  const body = storyMigration({ name, target, destination }, changes);
  const { metadata } = body as { readonly metadata: object };
  // As text it comes to a server: no two members are one object in memory.
  const sent: unknown = JSON.parse(JSON.stringify({ ...body, metadata: { ...metadata, namespace } }));
  api.direct({ verb: "create", ...kinds.migrations, namespace, body: sent });
}

/** Creates the act that asks for a rollback. */
export function requestRollback(api: EmbeddedApi, { namespace, name }: Place, act: "Abort" | "Rollback"): void {
  const uid = api.store.get(migrationStorage, namespace, name)?.metadata.uid;
  const spec = { migration: { name, uid }, act, actor: "bench", reason: "the measurement asks for it" };
  const labels = { "retriever.dev/migration-uid": uid };
  const metadata = { generateName: `${name}-`, namespace, labels };
  const body = { apiVersion: "retriever.dev/v1alpha1", kind: "MigrationAct", metadata, spec };
  api.direct({ verb: "create", ...kinds.acts, namespace, body });
}

/** Status of a migration; empty when there is none. */
export function statusOf(api: EmbeddedApi, { namespace, name }: Place): Status {
  const status = api.store.get(migrationStorage, namespace, name)?.["status"];
  return (status as Status | undefined) ?? {};
}

/** Whether nothing of it is in force any more. */
export function isSettled(api: EmbeddedApi, place: Place): boolean {
  const { conditions = [] } = statusOf(api, place);
  return conditions.some(({ type, status }) => type === "Settled" && status === "True");
}

/** `Phase: message`, for errors. */
export function describeStatus(api: EmbeddedApi, place: Place): string {
  const { phase, message } = statusOf(api, place);
  return `${phase}: ${message}`;
}
