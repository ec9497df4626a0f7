// A RetrieverMigration as the command line shows it, parsed as far as this version can read it.

import { type MigrationSpec, migrationSpecSchema } from "@retriever/crds/spec/migration-spec.ts";
import { type MigrationStatus, migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { unpackStatus } from "@retriever/crds/status/packed-status.ts";
import { readPlan } from "@retriever/operator/core/model/accepted-plan.ts";
import { OperatorError } from "@retriever/operator/errors.ts";
import { parseKnown } from "@retriever/stores/config/known-fields.ts";

export type MigrationView = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly deleting: boolean;
  /** The accepted plan, else the spec; undefined when neither can be read. */
  readonly plan: MigrationSpec | undefined;
  readonly status: MigrationStatus;
  /** Paths of the status that only a newer version knows: they are not shown. */
  readonly unknownFields: readonly string[];
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
  const { data, unknown } = parseKnown(migrationStatusSchema, unpackStatus(status ?? {}));
  if (data === undefined) throw new OperatorError("ROP_STATUS_UNREADABLE", `${namespace}/${name}`);
  return {
    namespace,
    name,
    uid,
    deleting: deletionTimestamp !== undefined,
    plan: planOf(data, spec),
    status: data,
    unknownFields: unknown,
    raw,
  };
}

function planOf(status: MigrationStatus, spec: unknown): MigrationSpec | undefined {
  const accepted = status.plan === "" ? undefined : readPlan(status.plan);
  return accepted ?? parseKnown(migrationSpecSchema, spec).data;
}
