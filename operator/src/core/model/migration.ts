// The migration as it was read: its metadata, its spec, its status.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { ConfigFault } from "@retriever/stores/config/config-fault.ts";

export type MigrationMeta = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  /** Epoch ms. */
  readonly createdAt: number;
  readonly deleting: boolean;
  readonly finalizers: readonly string[];
};

export type Migration = {
  readonly meta: MigrationMeta;
  /** The spec as it stands now. Faults when it can't be parsed: then nothing moves, but a running plan goes on. */
  readonly spec:
    | { readonly ok: true; readonly value: MigrationSpec }
    | {
        readonly ok: false;
        readonly faults: readonly ConfigFault[];
        /** The fields that are sound by themselves. */
        readonly sound?: Partial<MigrationSpec>;
      };
  readonly status: MigrationStatus;
};
