// A table and a collection filled with the chunks of a form.
import { type Client, escapeLiteral } from "pg";
import { type Caller, pathOf } from "#stores/qdrant-rest.ts";
import { type Chunk, heldBy, type StoreName } from "./chunks.ts";
import type { IdForm } from "./id-forms.ts";
import { valueTypes } from "./value-types.ts";

type Filling = { readonly form: IdForm; readonly chunks: readonly Chunk[]; readonly destination: StoreName };

export async function fillTable(client: Client, { form, chunks, destination }: Filling): Promise<void> {
  const columns = valueTypes.map(({ name, column }) => `"${name}" ${column}`);
  await client.query(`DROP TABLE IF EXISTS matrix; CREATE TABLE matrix (chunk_id ${form.column} PRIMARY KEY,
    entity_id text, updated_at timestamptz, embedding vector(2), ${columns.join(", ")})`);
  const rows = chunks.flatMap((chunk) => {
    const held = heldBy(chunk, "table", destination === "table");
    if (held === undefined) return [];
    const values = held.values.map(([sql]) => sql);
    return [
      `(${escapeLiteral(chunk.id)}, 'e', '${held.updatedAt}', '${JSON.stringify(held.vector)}', ${values.join(", ")})`,
    ];
  });
  await client.query(`INSERT INTO matrix VALUES ${rows.join(",\n")}`);
}

export async function fillCollection({ call }: Caller, { form, chunks, destination }: Filling): Promise<void> {
  await call({ method: "DELETE", path: pathOf("matrix") });
  await call({ method: "PUT", path: pathOf("matrix"), body: { vectors: { size: 2, distance: "Cosine" } } });
  const points = chunks.flatMap((chunk) => {
    const held = heldBy(chunk, "collection", destination === "collection");
    if (held === undefined) return [];
    return [pointOf(form, chunk.id, held)];
  });
  await call({ method: "PUT", path: pathOf("matrix", "/points?wait=true"), body: { points } });
}

function pointOf(form: IdForm, id: string, held: NonNullable<ReturnType<typeof heldBy>>): object {
  const fields = valueTypes.map(({ name }, index) => [name, held.values[index]?.[1]] as const);
  const own = form.payloadOf === undefined ? {} : { chunk_id: form.payloadOf(id) };
  const payload = { ...own, entity_id: "e", updated_at: held.updatedAt, ...Object.fromEntries(fields) };
  return { id: form.pointIdOf(id), vector: held.vector, payload };
}

/** Puts a second point of a chunk beside its first. */
export async function doublePoint({ call }: Caller, form: IdForm, id: string): Promise<void> {
  const chunk_id = form.payloadOf?.(id);
  const payload = { chunk_id, entity_id: "e", updated_at: "2026-01-01T12:00:00.000Z" };
  const points = [{ id: 1, vector: [1, 0], payload }];
  await call({ method: "PUT", path: pathOf("matrix", "/points?wait=true"), body: { points } });
}
