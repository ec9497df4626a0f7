-- 2,000 chunks with vectors of 8 numbers. seed.mjs makes the same ones in Qdrant.
CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE vector_chunks (
  chunk_id text PRIMARY KEY,
  entity_id text NOT NULL,
  namespace text,
  body text NOT NULL,
  embedding vector(8) NOT NULL,
  updated_at timestamptz NOT NULL
);
INSERT INTO vector_chunks
SELECT 'chunk-' || i, 'document-' || i / 10, NULL, 'Text of chunk ' || i,
       (SELECT array_agg(sin(i * (axis + 1.5)) ORDER BY axis) FROM generate_series(0, 7) AS axis)::vector(8),
       timestamptz '2026-01-01 00:00:00Z' + make_interval(secs => i)
FROM generate_series(0, 1999) AS i;
CREATE INDEX ON vector_chunks USING hnsw (embedding vector_cosine_ops);
