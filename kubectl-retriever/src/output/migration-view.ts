// A RetrieverMigration as the command line shows it, parsed as far as this version can read it.
import { type MigrationSpec, migrationSpecSchema } from "@retriever/crds/spec/migration-spec.ts";
import { type MigrationStatus, migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { OperatorError } from "@retriever/operator/errors.ts";

export type MigrationView = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly deleting: boolean;
  /** The accepted plan, else the spec; undefined when neither can be read. */
  readonly plan: MigrationSpec | undefined;
  readonly status: MigrationStatus;
  /** The object as the server sent it. */
  readonly raw: unknown;
};

type Raw = {
  readonly metadata?: {
    readonly namespace?: string;
    readonly name?: string;
    readonly uid?: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec?: unknown;
  readonly status?: unknown;
};

/** Throws ROP_STATUS_UNREADABLE for a status of another version. */
export function viewMigration(raw: unknown): MigrationView {
  const { metadata = {}, spec, status } = raw as Raw;
  const { namespace = "", name = "", uid = "", deletionTimestamp } = metadata;
  const parsed = migrationStatusSchema.safeParse(status ?? {});
  if (!parsed.success) throw new OperatorError("ROP_STATUS_UNREADABLE", `${namespace}/${name}`);
  return {
    namespace,
    name,
    uid,
    deleting: deletionTimestamp !== undefined,
    plan: planOf(parsed.data, spec),
    status: parsed.data,
    raw,
  };
}

function planOf(status: MigrationStatus, spec: unknown): MigrationSpec | undefined {
  const accepted = status.plan === "" ? undefined : migrationSpecSchema.safeParse(parseJson(status.plan)).data;
  return accepted ?? migrationSpecSchema.safeParse(spec).data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
