#!/usr/bin/env node
// The controller's composition root: settings, signals, wiring, exit codes. The only reader of process here.
import { randomBytes } from "node:crypto";
import { delimiter } from "node:path";
import { parseArgs } from "node:util";
import { makeAuditStore, makeEvidenceReader } from "#adapters/audit/audit-config-maps.ts";
import { makeReportStore } from "#adapters/audit/report-config-map.ts";
import { makeKubernetesCluster } from "#adapters/cluster/kubernetes-cluster.ts";
import { makeKubernetesEventSource } from "#adapters/control-plane/kubernetes-event-source.ts";
import { makeLeaseStore } from "#adapters/control-plane/lease-store.ts";
import { makeKubernetesJobs } from "#adapters/jobs/kubernetes-jobs.ts";
import { makeKubernetesPolicies } from "#adapters/policies/kubernetes-policies.ts";
import { makeHttpReports } from "#adapters/sidecars/http-reports.ts";
import { makeHttpSidecars } from "#adapters/sidecars/http-sidecars.ts";
import { makePodTokens } from "#adapters/sidecars/pod-tokens.ts";
import { makeSystemClock } from "#adapters/system-clock.ts";
import { openAlerting } from "#alerting.ts";
import { describeSettings, parseSettings, type Settings, settingFlags } from "#config.ts";
import { AuditRecorder } from "#controller/audit-recorder.ts";
import { makeEventRecorder } from "#controller/event-recorder.ts";
import { type LeaderElectionOptions, type Leadership, leaseTimesOf } from "#controller/leader-election.ts";
import { type Loop, makeLoop } from "#controller/loop.ts";
import { watchPolicies } from "#controller/policy-watch.ts";
import { makeReconcile } from "#controller/reconcile.ts";
import { ReportKeeper } from "#controller/report-keeper.ts";
import { runWhileLeading } from "#controller/run-while-leading.ts";
import { decide } from "#core/decide.ts";
import type { AuditRecord } from "#core/status/audit-record.ts";
import { asOperatorError, OperatorError, remedyOf } from "#errors.ts";
import type { Listener } from "#http/listener.ts";
import { connectTo, type KubeAccess } from "#kube/kube-access.ts";
import { type CallReport, type KubeRequest, makeKubeRequest } from "#kube/kube-request.ts";
import { readKubeconfigs } from "#kube/kubeconfig-files.ts";
import { unattended } from "#kube/login/login-place.ts";
import { podAddressOf, readPodAccount } from "#kube/pod-account.ts";
import { openNotifier, openSinks, readSinks } from "#messaging.ts";
import { notifyTest } from "#notify/notify-test.ts";
import { makeSparingReads } from "#observe/sparing-reads.ts";
import { faultFields, type Logger, makeLogger, standardError } from "#telemetry/logger.ts";
import { type Metrics, makeMetrics } from "#telemetry/metrics.ts";
import { openTelemetryServer } from "#telemetry/server.ts";
import manifest from "../package.json" with { type: "json" };

const clock = makeSystemClock();
const random = Math.random;
const { version } = manifest;
/** Of writing the last audit records when the process is asked to stop. */
const auditGraceMs = 2000;

async function run(settings: Settings): Promise<number> {
  const log = makeLogger({ level: settings.logLevel });
  const metrics = makeMetrics({ processMetrics: true });
  const identity = `${settings.podName || "retriever-operator"}_${randomBytes(4).toString("hex")}`;
  const onFault = (fault: OperatorError) => {
    metrics.count("retriever_watch_faults_total", { code: fault.code });
    log.warn(faultFields(fault), "API fault");
  };
  const leadership = { holds: () => false };
  const { connection, request, leaseRequest } = connect(await readAccess(settings), settings, metrics, () =>
    leadership.holds(),
  );
  const { sidecars, reports } = openPeers(settings, log, request);
  const cluster = makeKubernetesCluster({ request, clock, namespaces: settings.namespaces, instance: identity });
  const shared = { clock, log, metrics, deadlineMs: settings.apiDeadlineMs };
  const recordEvents = makeEventRecorder({ ...shared, cluster }).record;
  const { audit, finish } = openAudit(request, { ...shared, random, recordEvents }, settings);
  const notifier = await openNotifier({ settings, clock, log, metrics });
  const alerting = await openAlerting({ settings, clock, metrics });
  const reads = { cluster, sparing: makeSparingReads(cluster, clock) };
  const reconcile = makeReconcile({
    ...shared,
    ...reads,
    sidecars,
    jobs: makeKubernetesJobs(request),
    reports,
    alertSources: alerting.sources,
    decide,
    audit,
    actIdentity: settings.actIdentity,
    migrationPolicies: settings.migrationPolicies,
    notifier,
  });
  const { namespaces, resyncMs, concurrency } = settings;
  const events = makeKubernetesEventSource({ connection, request, clock, random, namespaces, resyncMs, onFault });
  const pace = { concurrency, resyncMs, forget: reads.sparing.forget };
  const loop = makeLoop({ events, reconcile, clock, random, metrics, ...pace });
  const server = await openTelemetry(settings, loop, metrics);
  const webhookPort = await alerting.listen(loop);
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stop.abort());
  log.info({ version, identity, port: server.port, webhookPort, namespaces, server: connection.server }, "starting");
  const leader = electionOf(settings, leaseRequest, { identity, onFault });
  const watched = { ...shared, policies: makeKubernetesPolicies(request), names: settings.policies };
  const onLead = ({ holds }: Leadership) => {
    Object.assign(leadership, { holds });
    void watchPolicies(watched, stop.signal);
  };
  try {
    const lost = await runWhileLeading({ leader, loop, metrics, log, onLead, finish }, stop.signal);
    // Writes under way must not land after the next leader's: nothing is waited for.
    if (lost) process.exit(1);
    return 0;
  } finally {
    const open = [server, notifier, alerting, sidecars, reports, connection];
    await Promise.allSettled(open.map((each) => each.close()));
    log.info("stopped");
  }
}

type Books = Omit<ConstructorParameters<typeof AuditRecorder>[0], "store" | "print" | "onRest">;

/** What is kept of what was decided; `finish` writes what waits. */
function openAudit(request: KubeRequest, books: Books, { evidenceLog }: Settings) {
  const store = makeAuditStore(request, books.random);
  const evidence = { ...store, ...makeEvidenceReader(request) };
  const reports = new ReportKeeper({ ...books, evidence, reports: makeReportStore(request) });
  const onRest = reports.keep.bind(reports);
  const audit = new AuditRecorder({ ...books, store, print: evidenceLog ? auditPrinter() : undefined, onRest });
  const finish = async () => {
    await audit.close(auditGraceMs);
    await reports.close();
  };
  return { audit, finish };
}

/** Who is asked in pods: sidecars, and verifiers for their reports. */
function openPeers({ sidecarDeadlineMs: deadlineMs, ...settings }: Settings, log: Logger, request: KubeRequest) {
  const onIgnored = (version: string, keys: readonly string[]) =>
    log.warn({ version, keys }, "sidecars of this version tell what this operator doesn't know: left out");
  const [caFile, clientFolder] = [settings.sidecarCaFile || undefined, settings.sidecarClientTls || undefined];
  const onFault = (fault: unknown) => log.warn(faultFields(fault), "files for pods can't be used: those before stay");
  const peers = { deadlineMs, caFile, clientFolder, onFault, tokens: makePodTokens({ request, clock }) };
  return { sidecars: makeHttpSidecars({ ...peers, onIgnored }), reports: makeHttpReports(peers) };
}

/** Undefined: there is one replica, which leads. */
function electionOf(
  settings: Settings,
  request: KubeRequest,
  own: Pick<LeaderElectionOptions, "identity" | "onFault">,
): LeaderElectionOptions | undefined {
  if (!settings.leaderElection) return undefined;
  const store = makeLeaseStore(request, { namespace: settings.podNamespace, name: settings.leaseName, version });
  return { store, clock, random, times: leaseTimesOf(settings.leaseMs), ...own };
}

function openTelemetry({ listen }: Settings, { probe }: Loop, metrics: Metrics): Promise<Listener> {
  const { render, contentType } = metrics;
  return openTelemetryServer({ listen, healthz: probe, readyz: probe, metrics: render, contentType });
}

/** Evidence is written whatever level is logged, and apart from the log: a record has up to 48 KiB. */
function auditPrinter(): (record: AuditRecord) => void {
  const log = makeLogger({ level: "info", component: "evidence", destination: standardError() });
  return (record) => log.info({ record }, "evidence");
}

/** Of the named kubeconfig, else of those of KUBECONFIG, else of the pod that this is. */
async function readAccess({ kubeconfig }: Settings): Promise<KubeAccess> {
  const listed = (process.env["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  const files = kubeconfig === "" ? listed : [kubeconfig];
  if (files.length > 0) return readKubeconfigs(files, undefined, { ...unattended, environment: process.env });
  const pod = podAddressOf(process.env);
  if (pod !== undefined) return readPodAccount(pod);
  const about = "no cluster: --kubeconfig isn't given, KUBECONFIG names no file, and this is no pod";
  throw new OperatorError("ROP_SETTINGS_INVALID", about);
}

/** Two ways to ask the API: the lease's own, and one that writes only while this process leads. */
function connect(access: KubeAccess, settings: Settings, metrics: Metrics, mayWrite: () => boolean) {
  const connection = connectTo(access, { clock });
  const report = ({ verb, resource, code, seconds }: CallReport) => {
    metrics.count("retriever_api_requests_total", { verb, resource, code });
    metrics.observe("retriever_api_request_seconds", { verb }, seconds);
  };
  const options = { deadlineMs: settings.apiDeadlineMs, clock, report };
  return {
    connection,
    request: makeKubeRequest(connection, { ...options, mayWrite }),
    leaseRequest: makeKubeRequest(connection, options),
  };
}

/** What a command line asks for; `words` is what isn't a flag. */
function readCommand(): { readonly settings: Settings; readonly words: readonly string[] } | undefined {
  const options = Object.fromEntries(settingFlags().map((flag) => [flag, { type: "string" } as const]));
  // Unknown flags are faults of the settings like any other: they are listed with the rest.
  const { values, positionals } = parseArgs({ options, strict: false, allowPositionals: true });
  const { help, ...flags } = values;
  return help === true ? undefined : { settings: parseSettings(flags, process.env), words: positionals };
}

/** Of `notify test [NAME ...]`: 1 where a sink doesn't take the message. */
async function testSinks(settings: Settings, names: readonly string[]): Promise<number> {
  const configs = await readSinks(settings);
  const sinks = openSinks(configs, settings, clock);
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const failed = await notifyTest({ configs, names, sinks, now: clock.now(), print });
  await sinks.close();
  return failed === 0 ? 0 : 1;
}

function perform({ settings, words }: NonNullable<ReturnType<typeof readCommand>>): Promise<number> {
  const [verb, object, ...names] = words;
  if (verb === undefined) return run(settings);
  if (verb === "notify" && object === "test") return testSinks(settings, names);
  throw new OperatorError("ROP_SETTINGS_INVALID", `unknown command ${words.join(" ")}; expected notify test or none`);
}

const usage = `retriever-operator: reconciles RetrieverMigrations
retriever-operator notify test [NAME ...]: sends a test message to the sinks of --sinks

${describeSettings()}
`;

try {
  const command = readCommand();
  if (command === undefined) process.stdout.write(usage);
  else process.exit(await perform(command));
} catch (fault) {
  const error = asOperatorError(fault);
  const about = error.code === "ROP_UNEXPECTED" && fault instanceof Error ? fault.message : error.message;
  process.stderr.write(`${error.code}: ${about}\n${remedyOf(error.code)}\n`);
  process.exitCode = error.code === "ROP_SETTINGS_INVALID" ? 2 : 1;
}
