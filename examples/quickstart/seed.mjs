// Fills Qdrant with the chunks that seed.sql puts into Postgres.
const url = process.env.QDRANT_URL ?? "http://qdrant:6333";

async function put(path, body) {
  const response = await fetch(`${url}${path}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok && response.status !== 409) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}

const points = Array.from({ length: 2000 }, (_, i) => ({
  id: i,
  vector: Array.from({ length: 8 }, (_, axis) => Math.sin(i * (axis + 1.5))),
  payload: {
    chunk_id: `chunk-${i}`,
    entity_id: `document-${Math.floor(i / 10)}`,
    body: `Text of chunk ${i}`,
    updated_at: new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString(),
  },
}));

await put("/collections/chunks", { vectors: { size: 8, distance: "Cosine" } });
await put("/collections/chunks/index?wait=true", { field_name: "chunk_id", field_schema: "keyword" });
await put("/collections/chunks/index?wait=true", { field_name: "updated_at", field_schema: "datetime" });
for (let i = 0; i < points.length; i += 200) {
  await put("/collections/chunks/points?wait=true", { points: points.slice(i, i + 200) });
}
console.log(`${points.length} chunks`);
