// Names that only a sink with `details` gets: they belong to the application, and a message may go to many.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { OutboxMessage } from "@retriever/crds/status/outbox-status.ts";
import type { MessageDetails } from "#ports/sinks.ts";

/** Ids of what a late rollback leaves to correct, and the namespaces whose slices the text numbers; undefined: neither. */
export function detailsOf(status: MigrationStatus, { kind, text }: OutboxMessage): MessageDetails | undefined {
  const run =
    kind === "Corrections" ? status.verification?.runs.find(({ purpose }) => purpose === "Rollback") : undefined;
  const numbers = new Set([...text.matchAll(/\bslice (\d+)/g)].map(([, number]) => Number(number)));
  const slices = status.detection?.slices ?? [];
  const tenants = [...numbers].flatMap((number) => {
    const name = slices[number]?.name;
    return name === undefined ? [] : [`slice ${number}: ${name}`];
  });
  const chunks = run?.result?.ids ?? [];
  return chunks.length === 0 && tenants.length === 0 ? undefined : { chunks, tenants };
}
