// Which migrations name which target, as last seen: good enough to wake them, never to decide.
import { overlayName } from "@retriever/sidecar/contract/names.ts";
import type { KubeObject } from "#kube/documents.ts";
import type { MigrationKey } from "#ports/cluster.ts";

export type TargetIndex = {
  /** Remembers a migration; true when anything but its status differs from what was remembered. */
  note(migration: KubeObject): boolean;
  forget(key: MigrationKey): void;
  has(key: MigrationKey): boolean;
  /** The migrations whose overlay would be this ConfigMap. */
  keysOfOverlay(configMap: MigrationKey): readonly MigrationKey[];
};

type Entry = { readonly key: MigrationKey; readonly overlay: string; readonly mark: string };

/** An index that holds as much as there are migrations. */
export function makeTargetIndex(): TargetIndex {
  const entries = new Map<string, Entry>();
  return {
    note: (migration) => {
      const key = keyOf(migration);
      const target = targetOf(migration);
      const overlay = target === undefined ? "" : `${key.namespace}/${overlayName(target)}`;
      const mark = markOf(migration);
      const before = entries.get(idOf(key));
      entries.set(idOf(key), { key, overlay, mark });
      return before?.mark !== mark;
    },
    forget: (key) => {
      entries.delete(idOf(key));
    },
    has: (key) => entries.has(idOf(key)),
    keysOfOverlay: (configMap) =>
      [...entries.values()].filter(({ overlay }) => overlay === idOf(configMap)).map(({ key }) => key),
  };
}

/** The workload a raw migration names; undefined when it names none. */
export function targetOf(item: KubeObject): string | undefined {
  const name = (item.spec as { target?: { name?: unknown } } | undefined)?.target?.name;
  return typeof name === "string" ? name : undefined;
}

/** Namespace and name of an object. */
export function keyOf(object: KubeObject): MigrationKey {
  return { namespace: object.metadata?.namespace ?? "", name: object.metadata?.name ?? "" };
}

/** One text per migration. */
export function idOf(key: MigrationKey): string {
  return `${key.namespace}/${key.name}`;
}

/** What people and other programs change: our own status writes must not wake us, or each reconcile would cause the next. */
function markOf({ metadata }: KubeObject): string {
  return JSON.stringify([metadata?.uid, metadata?.generation, metadata?.deletionTimestamp, metadata?.finalizers]);
}
