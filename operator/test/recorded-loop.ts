// The loop with the real decisions on a toy fleet, its evidence kept: a world for the tests of what is recorded.
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { makeAuditStore, makeEvidenceReader } from "#adapters/audit/audit-config-maps.ts";
import { makeReportStore } from "#adapters/audit/report-config-map.ts";
import { printChainFile } from "#audit/chain-file.ts";
import { AuditRecorder } from "#controller/audit-recorder.ts";
import { makeEventRecorder } from "#controller/event-recorder.ts";
import { makeLoop } from "#controller/loop.ts";
import { makeReconcile } from "#controller/reconcile.ts";
import { ReportKeeper } from "#controller/report-keeper.ts";
import { decide } from "#core/decide.ts";
import type { AuditRecord } from "#core/status/audit-record.ts";
import type { AlertSources } from "#ports/alert-sources.ts";
import { makeLogger } from "#telemetry/logger.ts";
import { makeMetrics } from "#telemetry/metrics.ts";
import { aWorkload, baseText, searchKey, searchSpec } from "#test/builders/search-app.ts";
import { onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { FakeCluster } from "#test/fakes/fake-cluster.ts";
import { FakeConfigMaps } from "#test/fakes/fake-config-maps.ts";
import { FakeEventSource } from "#test/fakes/fake-event-source.ts";
import { FakeJobs, FakeReports } from "#test/fakes/fake-jobs.ts";
import { FakeSidecars } from "#test/fakes/fake-sidecars.ts";
import { ToyFleet } from "#test/fakes/toy-fleet.ts";

/** A world with one accepted-to-be migration; `spec` is merged over the short plan. */
export function recordedWorld({
  spec = {},
  pods = 3,
  alertSources,
}: {
  spec?: object;
  pods?: number;
  alertSources?: AlertSources;
} = {}) {
  const cluster = new FakeCluster();
  const sidecars = new FakeSidecars();
  const clock = new FakeClock();
  const maps = new FakeConfigMaps();
  const printed: AuditRecord[] = [];
  cluster.workloads.set("search/search-api", aWorkload({ replicas: pods }));
  cluster.writeConfigMap("search", "search-api-retriever", { "retriever.json": baseText });
  const fleet = new ToyFleet(cluster, sidecars, clock, pods);
  const plan = { ...searchSpec, checklist: onlyReachable, ...shortPlan, ...spec };
  const meta = cluster.create(searchKey, plan, { createdAt: clock.now() });
  const metrics = makeMetrics({ processMetrics: false });
  const log = makeLogger({ level: "silent" });
  const shared = { clock, log, metrics, deadlineMs: 5000 };
  /** A new process: nothing in memory. */
  const operator = () => {
    const store = makeAuditStore(maps.request, () => 0.5);
    const own = { ...shared, random: () => 0.5, recordEvents: makeEventRecorder({ ...shared, cluster }).record };
    const kept = {
      evidence: { ...store, ...makeEvidenceReader(maps.request) },
      reports: makeReportStore(maps.request),
    };
    const reports = new ReportKeeper({ ...own, ...kept });
    const print = (record: AuditRecord) => void printed.push(record);
    const evidence = new AuditRecorder({ ...own, store, print, onRest: reports.keep.bind(reports) });
    const events = new FakeEventSource(cluster, clock);
    const reconcile = makeReconcile({
      ...shared,
      cluster,
      sidecars,
      jobs: new FakeJobs(),
      reports: new FakeReports(),
      alertSources,
      decide,
      audit: evidence,
    });
    const random = () => 0.5;
    const loop = makeLoop({ events, reconcile, clock, random, metrics, concurrency: 2, resyncMs: 60_000 });
    return { loop, events, evidence, reports };
  };
  const phase = (): Phase | undefined => cluster.statusOf(searchKey)?.phase;
  const until = async (wanted: Phase, seconds = 3600) => {
    for (let waited = 0; phase() !== wanted; waited += 1) {
      if (waited > seconds) throw new Error(`never ${wanted}: ${phase()}, ${cluster.statusOf(searchKey)?.message}`);
      await clock.advance(1000);
    }
  };
  const file = async (): Promise<string> => {
    const chain = await makeEvidenceReader(maps.request).readChain(meta, new AbortController().signal);
    return chain === undefined ? "" : printChainFile(meta, chain);
  };
  return { cluster, clock, maps, fleet, meta, metrics, printed, operator, phase, until, file };
}
