// What the fields of the two specs mean, leaf by leaf; the nodes above them stand in descriptions.ts.

const credential = (what: string) => ({
  [`spec.destination.${what}.fromEnv`]:
    "Environment variable of the sidecar's container, named RETRIEVER_CRED_*; or fromFile.",
  [`spec.destination.${what}.fromFile`]:
    "File directly under /etc/retriever/credentials in the sidecar's container; or fromEnv.",
});

const check = (name: string, what: string) => ({
  [`spec.checklist.${name}.policy`]: `${what} Require blocks until it is True; Skip is repeated in status.skippedChecks.`,
});

const beforeCutover = "What a breach does before the cutover.";
const afterCutover = "What a breach does from the cutover on.";

const destinationFields: Readonly<Record<string, string>> = {
  "spec.destination.kind": "Which store it is; decides which other fields there are.",
  "spec.destination.host": "Host of PostgreSQL. The pods' RETRIEVER_ALLOWED_HOSTS has to name it.",
  "spec.destination.port": "Port of PostgreSQL.",
  "spec.destination.database": "Database that holds the table.",
  ...credential("user"),
  ...credential("password"),
  "spec.destination.schema": "Schema of the table.",
  "spec.destination.table": "Table of the chunks.",
  "spec.destination.embeddingColumn": "Column of the vectors.",
  "spec.destination.metadataColumns": "Further columns that come back as metadata and can be filtered.",
  "spec.destination.namespaceField": "Column or payload key that keeps the namespaces apart.",
  "spec.destination.distance": "Distance of the vectors' index; similarities follow from it.",
  "spec.destination.poolSize": "Most connections of one pod.",
  "spec.destination.preparedStatements": "False behind a pooler in transaction mode.",
  "spec.destination.indexSettings.hnswEfSearch": "hnsw.ef_search of every query; the server's own when absent.",
  "spec.destination.indexSettings.ivfflatProbes": "ivfflat.probes of every query; the server's own when absent.",
  "spec.destination.tls.caFile":
    "PEM file of the authority that signed the store's certificate; the system's authorities when absent.",
  "spec.destination.url": "http(s)://host[:port] of Qdrant. The pods' RETRIEVER_ALLOWED_HOSTS has to name the host.",
  "spec.destination.collection": "Collection of the chunks.",
  "spec.destination.consistency": "Strong asks every replica of a shard, eventual any one.",
  "spec.destination.vectorName": "Named vector to search; the unnamed one when absent.",
  ...credential("apiKey"),
};

const thresholdFields: Readonly<Record<string, string>> = {
  "spec.thresholds.scoreDelta.limit": "A sample is bad when its top similarity is lower by more than this.",
  "spec.thresholds.scoreDelta.badShare": "Share of bad samples that is still within the limit; 0.05 reads as a p95.",
  "spec.thresholds.scoreDelta.beforeCutover": beforeCutover,
  "spec.thresholds.scoreDelta.afterCutover": afterCutover,
  "spec.thresholds.latencyDelta.limitMs": "A sample is bad when it is slower by at least this many milliseconds.",
  "spec.thresholds.latencyDelta.badShare": "Share of bad samples that is still within the limit; 0.05 reads as a p95.",
  "spec.thresholds.latencyDelta.beforeCutover": beforeCutover,
  "spec.thresholds.latencyDelta.afterCutover": afterCutover,
  "spec.thresholds.mismatch.overBaseline": "Share of mismatches allowed above what the warm-up measured.",
  "spec.thresholds.mismatch.ceiling": "No warm-up passes above this share, whatever the corpus.",
  "spec.thresholds.mismatch.beforeCutover": beforeCutover,
  "spec.thresholds.mismatch.afterCutover": afterCutover,
  "spec.thresholds.overlap.floor": "Least mean share of chunks that stand in both answers.",
  "spec.thresholds.overlap.beforeCutover": beforeCutover,
  "spec.thresholds.shadowErrors.badShare": "Share of samples that the destination may fail.",
  "spec.thresholds.shadowErrors.beforeCutover": beforeCutover,
  "spec.thresholds.shadowErrors.afterCutover":
    "Not acted on: after the cutover the shadow is the old store, and its errors never draw traffic back to it.",
  "spec.thresholds.livePrimary.errorsOverBaseline": "Share of failed requests allowed above the baseline.",
  "spec.thresholds.livePrimary.emptyOverBaseline": "Share of empty answers allowed above the baseline.",
  "spec.thresholds.livePrimary.p95OverBaselineMs": "Milliseconds that p95 may lie above the baseline.",
  "spec.thresholds.livePrimary.afterCutover": afterCutover,
};

/** Leaves of RetrieverMigration's spec, by path. */
export const specFieldDescriptions: Readonly<Record<string, string>> = {
  "spec.target.kind": "Kind of the workload.",
  "spec.target.name": "Name of the workload, in the migration's namespace.",
  ...destinationFields,
  ...check("reachable", "Every pod reached the destination: network, TLS, credential, collection, dimension."),
  ...check("parity", "Both stores hold the same candidates, before the start and again before the cutover."),
  "spec.checklist.parity.level":
    "What has to have been compared at least: the ids, updated_at as well, the payload as well, the vectors as well.",
  "spec.checklist.parity.tolerance": "Differences that are still equal enough, by kind.",
  "spec.checklist.parity.tolerance.missing": "Chunks that the destination may lack.",
  "spec.checklist.parity.tolerance.extra": "Chunks that only the destination may have.",
  "spec.checklist.parity.tolerance.stale": "Chunks whose updated_at may differ.",
  "spec.checklist.parity.tolerance.payload": "Chunks whose fields may differ.",
  "spec.checklist.parity.tolerance.vector": "Chunks whose vectors may differ.",
  "spec.checklist.parity.maxAge": "How long an equal result counts before the start.",
  "spec.checklist.parity.recheck":
    "After this the stores are compared again where they weren't equal, and before the cutover in any case.",
  "spec.checklist.parity.timeout": "How long one comparison may take before it is given up.",
  ...check("alerts", "The alerts on the variance are in place and armed."),
  ...check("approvals", "The people who must agree have agreed."),
  "spec.checklist.approvals.roles": "Who has to agree. Every role needs its quorum.",
  "spec.checklist.approvals.roles[].name": "Name of the role, as the Approve states it.",
  "spec.checklist.approvals.roles[].quorum": "How many different people have to approve in this role.",
  "spec.checklist.approvals.expiry": "How long an approval counts; spec.expires of the Approve may end it sooner.",
  "spec.checklist.approvals.fourEyes": "True: spec.requestedBy can't approve. Needs spec.requestedBy.",
  ...check("window", "It is within the agreed window, at the start and at the cutover; a rollback is always allowed."),
  "spec.checklist.window.timeZone": "Time zone of start and end; daylight saving is followed.",
  "spec.checklist.window.days": "Days on which the window opens.",
  "spec.checklist.window.start": "When it opens.",
  "spec.checklist.window.end": "When it closes; on the next day where that isn't after start.",
  ...check("staging", "The same plan was validated before, by a migration of mode Validate."),
  "spec.checklist.staging.from": "Migration of mode Validate in the same namespace; it must be Validated.",
  "spec.checklist.staging.result": "status.validation.result of a migration of mode Validate in another cluster.",
  "spec.validate.duration": "How long the dual read lasts without stepping down, over all stages.",
  "spec.stages[].untilPeak.timeZone": "Time zone of from and to.",
  "spec.stages[].untilPeak.from": "When the peak begins.",
  "spec.stages[].untilPeak.to": "When it ends; on the next day where that isn't after from.",
  ...check("smokeTests", "A Job of every CronJob named here completed since the plan was accepted."),
  "spec.checklist.smokeTests.cronJobs": "Suspended CronJobs of the migration's namespace.",
  "spec.checklist.smokeTests.timeout": "How long one test may take before it has failed.",
  "spec.stages[].sampleRate": "Share of requests that also ask the destination.",
  "spec.stages[].minDuration": "How long the stage lasts at least; gates.minDwell where that is longer.",
  "spec.stages[].deadline":
    "When to call a person because the gates have not decided, counted from the stage's configuration; it never ends unproved.",
  "spec.stages[].minSamples": "How many samples a gate needs at least before it decides.",
  ...thresholdFields,
  "spec.gates.window": "Length of the windows in which bad samples are counted, from 1s to 15m.",
  "spec.gates.minDwell": "How long a stage lasts at least, whatever minDuration says.",
  "spec.cutover.validationTimeout": "How long requests may take to resume after the cutover before it is taken back.",
  "spec.guard.minSamples": "How many answered samples the guard needs; none are asked for at shadowSampleRate 0.",
  "spec.guard.next": "Migration that starts once this one is settled. Goes with RepointShadow, and only with it.",
  "spec.rollback.automatic": "False: harm after the cutover is announced and holds, and a Rollback act goes back.",
  "spec.rollback.alert": "Name of the users' alert; it stands in the causes.",
  "spec.rollback.window": "Span over which harm is judged, from 1s to 15m.",
  "spec.rollback.immediateWindow":
    "A rollback within this time after the cutover is an immediate one, later a delayed one.",
  "spec.rollback.integrity": "Whether a delayed rollback compares what was written since the cutover.",
  "spec.communications.sinks": "Names of the sinks that are told; the administrator configures them.",
  "spec.communications.postmortemDue": "How long after a rollback the postmortem is due.",
  "spec.metrics.source": "Sidecars, or the name of a Prometheus the administrator configured.",
};

/** Leaves of MigrationAct's spec, by path. */
export const actFieldDescriptions: Readonly<Record<string, string>> = {
  "spec.migration.name": "Name of the migration, in the act's namespace.",
  "spec.migration.uid": "UID of the migration.",
};
