// The tables of the usual libraries, as they create them.
import type { Layouts } from "#config/chunk-fields.ts";

/** LangChain: `langchain_pg_embedding`, or of `PGVectorStore` a table for each collection. LlamaIndex: `data_<name>`. Supabase: `documents`. Their chunks have no moment. */
export const pgvectorLayouts: Layouts = {
  default: {
    id: ["chunk_id"],
    entity: ["entity_id"],
    text: null,
    textMember: [],
    updatedAt: ["updated_at"],
    namespace: ["namespace"],
    metadataRoot: [],
  },
  langchain: {
    id: ["id"],
    entity: ["cmetadata", "source"],
    text: ["document"],
    textMember: [],
    updatedAt: null,
    namespace: ["cmetadata", "namespace"],
    metadataRoot: ["cmetadata"],
    caution: "LangChain finds no row without collection_id, which a repair leaves to its default: give it one",
  },
  "langchain-pgvectorstore": {
    id: ["langchain_id"],
    entity: ["langchain_metadata", "source"],
    text: ["content"],
    textMember: [],
    updatedAt: null,
    namespace: ["langchain_metadata", "namespace"],
    metadataRoot: ["langchain_metadata"],
  },
  llamaindex: {
    id: ["node_id"],
    entity: ["metadata_", "ref_doc_id"],
    text: ["text"],
    textMember: [],
    updatedAt: null,
    namespace: ["metadata_", "namespace"],
    metadataRoot: ["metadata_"],
    caution:
      "LlamaIndex reads a chunk from _node_content and _node_type: name both in fields.metadata, or let the application write",
  },
  supabase: {
    id: ["id"],
    entity: ["metadata", "source"],
    text: ["content"],
    textMember: [],
    updatedAt: null,
    namespace: ["metadata", "namespace"],
    metadataRoot: ["metadata"],
  },
};
