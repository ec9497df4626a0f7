// Valid objects to start from; each test changes what it is about.

/** The two fields that are enough. */
export const twoFieldSpec = {
  target: { name: "search-api" },
  destination: {
    kind: "qdrant",
    url: "https://qdrant.search.svc:6333",
    collection: "chunks",
    apiKey: { fromEnv: "RETRIEVER_CRED_QDRANT" },
  },
} as const;

export const pgvectorDestination = {
  kind: "pgvector",
  host: "pg.search.svc",
  database: "search",
  user: { fromEnv: "RETRIEVER_CRED_USER" },
} as const;

/** A condition of the given type and status. */
export function aCondition(type: string, status: string): Readonly<Record<string, unknown>> {
  return {
    type,
    status,
    reason: "Test",
    message: "",
    lastTransitionTime: "2026-01-01T00:00:00Z",
    observedGeneration: 1,
  };
}

export const rollbackStatus = {
  at: "2026-01-01T00:00:00Z",
  from: "Guard",
  reason: "Harm",
  causes: ["errors"],
  actor: null,
} as const;
