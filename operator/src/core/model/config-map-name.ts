// Names of the ConfigMaps that a migration leaves, one of each kind.
import type { MigrationMeta } from "./migration.ts";

/** `drift`: differences of the last comparison; `report`: what the migration did. A name has at most 253 characters. */
export function configMapNameOf({ name }: Pick<MigrationMeta, "name">, kind: "drift" | "report"): string {
  return `${name.slice(0, 240).replace(/[^a-z0-9]+$/, "")}-${kind}`;
}
