// Names that several parts must agree on: metrics of the retrieval service's contract (docs/metrics.md), ports, annotations.

/** Metrics that the retrieval service had before, as they were (their `_ms` units stay): its dashboards read them. */
export const contractMetrics = {
  retrievalTotal: "retrieval_total",
  cacheHit: "retrieval_cache_hit",
  cacheMiss: "retrieval_cache_miss",
  partial: "retrieval_partial",
  latencyTotalMs: "retr_latency_total_ms",
  latencyVectorMs: "retr_latency_vector_ms",
  backendLatencyMs: "retr_backend_latency_ms",
  dualDeltaLatencyMs: "retr_dual_delta_latency_ms",
  dualDeltaScore: "retr_dual_delta_score",
  dualSamples: "retr_dual_samples_total",
  dualMismatch: "retr_dual_mismatch_total",
  dualShadowErrors: "retr_dual_shadow_errors_total",
} as const;

/** Container of the sidecar in a pod, and its ports. */
export const sidecarContainer = "retriever-sidecar";
export const retrievePort = "retrieve";
export const adminPort = "admin";

/** Name of a port for the operator (`admin`, `report`) where it speaks TLS alone. */
export function tlsPortOf(port: string): string {
  return `${port}-tls`;
}

/** The same where the operator shows its certificate as well, and the pod its token. */
export function mutualTlsPortOf(port: string): string {
  return `${port}-mtls`;
}

/** Whom a pod's token is for, and the header in which it is sent, to the operator alone. */
export const podTokenAudience = "retriever-operator";
export const podTokenHeader = "retriever-pod-token";

/** The name that the certificate of a workload's admin ports has to be for. */
export function adminServerName(workload: string, namespace: string): string {
  return `${workload}.${namespace}.svc`;
}

/** Pod annotation whose change makes a kubelet refresh the pod's volumes at once. */
export const epochAnnotation = "retriever.dev/config-epoch";
export const fieldManager = "retriever-operator";
/** Label of evidence; its value is the migration's uid. Not the overlays' label: writing evidence wakes nobody. */
export const evidenceLabel = "retriever.dev/evidence";
/** Finalizer of a RetrieverMigration. */
export const settleFinalizer = "retriever.dev/settle";
/** Finalizer of the overlay's ConfigMap. */
export const overlayFinalizer = "retriever.dev/overlay";

/** Name of the overlay's ConfigMap for a workload. */
export function overlayName(workload: string): string {
  return `${workload}-retriever-migration`;
}

/** Name of the suspended CronJob that verification Jobs are made from. */
export function verifyTemplateName(workload: string): string {
  return `${workload}-retriever-verify`;
}

/** Name of the suspended CronJob that copies are made from, and the container of their pods. */
export function copyTemplateName(workload: string): string {
  return `${workload}-retriever-copy`;
}
export const copyContainer = "retriever-copy";

/** The same of what keeps the destination equal; it serves `GET /v1/sync` on the port `report`. */
export function syncTemplateName(workload: string): string {
  return `${workload}-retriever-sync`;
}
export const syncContainer = "retriever-sync";

/**
 * The same of what brings the source, after a late rollback, what only the destination received. Its pods mount the
 * ConfigMap that the operator puts the agreed reports in, beside the overlay that says which store is which.
 */
export function repairTemplateName(workload: string): string {
  return `${workload}-retriever-repair`;
}
export const repairContainer = "retriever-repair";
export function driftMapName(workload: string): string {
  return `${workload}-retriever-drift`;
}

/** Annotation on a repair Job's pod template: the digest of the reports that a person agreed to. */
export const repairDigestAnnotation = "retriever.dev/repair-digest";

/** Container of a verification pod, and the port it serves `GET /v1/report` on until the report was fetched. */
export const verifyContainer = "retriever-verify";
export const reportPort = "report";

/**
 * Annotation on a verification Job's pod template: compare only what was written since (ISO 8601). The template's
 * container reads it through the downward API as RETRIEVER_VERIFY_SINCE, so that the Job can equal its template.
 */
export const verifySinceAnnotation = "retriever.dev/verify-since";
