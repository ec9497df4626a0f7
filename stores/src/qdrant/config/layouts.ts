// The payloads of the usual libraries, as they write them.
import type { Layouts } from "#config/chunk-fields.ts";

const langchain: Layouts["langchain"] = {
  id: null,
  entity: ["metadata", "source"],
  text: ["page_content"],
  textMember: [],
  updatedAt: null,
  namespace: ["metadata", "namespace"],
  metadataRoot: ["metadata"],
};

/** The libraries name a chunk by its point's id and write no moment. */
export const qdrantLayouts: Layouts = {
  default: {
    id: ["chunk_id"],
    entity: ["entity_id"],
    text: null,
    textMember: [],
    updatedAt: ["updated_at"],
    namespace: ["namespace"],
    metadataRoot: [],
  },
  langchain,
  // Of tables alone; a collection that goes with one is LangChain's.
  "langchain-pgvectorstore": langchain,
  // The text is within `_node_content`, which is JSON in a text of its own.
  llamaindex: {
    id: null,
    entity: ["ref_doc_id"],
    text: ["_node_content"],
    textMember: ["text"],
    updatedAt: null,
    namespace: ["namespace"],
    metadataRoot: [],
    caution:
      "LlamaIndex reads a chunk from _node_content and _node_type: name both in fields.metadata, or let the application write",
  },
  supabase: {
    id: null,
    entity: ["metadata", "source"],
    text: ["content"],
    textMember: [],
    updatedAt: null,
    namespace: ["metadata", "namespace"],
    metadataRoot: ["metadata"],
  },
};
