// The listeners beside those of sidecar and operator: of a verification that is done, a sync that follows, and a dashboard.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { startStandIn } from "#stores/qdrant-standin/start.ts";
import { eventually } from "#support/eventually.ts";
import { freePort } from "#support/free-port.ts";
import { placeOf, startSync, startVerify } from "#support/verify/verify-process.ts";
import { startDashboard } from "../../ui/dashboard-process.ts";
import { startPhases } from "../../ui/migrations.ts";
import type { Asking } from "./clients.ts";

type Closing = (() => unknown)[];

export async function otherAskings(closing: Closing): Promise<readonly Asking[]> {
  return [...(await dataAskings(closing)), ...(await dashboardAskings(closing))];
}

async function dataAskings(closing: Closing): Promise<readonly Asking[]> {
  const store = await startStandIn({ address: "127.0.0.1", port: 0, seed: 1 });
  closing.push(store.close);
  const payload = { entity_id: "a", updated_at: "2026-01-31T12:00:00Z" };
  const points = [{ id: 1, vector: Float32Array.of(0.1, 0.2, 0.3), payload }] as const;
  for (const collection of ["chunks", "copies"]) store.load(collection, 3, points);
  const [source, destination] = ["chunks", "copies"].map((collection) => ({
    kind: "qdrant",
    url: store.url,
    collection,
    fields: { id: "$id" },
  }));
  const place = placeOf(source as object, destination as object);
  closing.push(place.remove);
  const [forSync, forReport] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const processes = [
    await startSync(place, ["--listen", forSync]),
    await startVerify(place, ["--serve-report", forReport, "--serve-for", "3600"]),
  ];
  closing.push(...processes.map(({ stop }) => stop));
  await eventually("the sync follows", () => isAnswered(`http://${forSync}/readyz`, 200));
  // A report that was fetched whole is served no longer: this asks for none.
  const report = `http://${forReport}/v1/report?maxBytes=none`;
  await eventually("the report is served", () => isAnswered(report, 400));
  return [
    { what: "the operator", url: `http://${forSync}/v1/sync`, everyMs: 100, expected: [200] },
    { what: "the kubelet", url: `http://${forSync}/healthz`, everyMs: 200, expected: [200] },
    { what: "Prometheus", url: `http://${forSync}/metrics`, everyMs: 300, expected: [200] },
    { what: "the operator", url: report, everyMs: 100, expected: [400] },
  ];
}

async function dashboardAskings(closing: Closing): Promise<readonly Asking[]> {
  const folder = mkdtempSync(join(tmpdir(), "retriever-hostile-"));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const cluster = await startPhases(folder);
  closing.push(cluster.api.close);
  const { announced, stop } = await startDashboard(cluster.api.kubeconfigPath("admin"));
  closing.push(stop);
  const opened = await request(announced);
  await opened.body.dump();
  const cookie = String(opened.headers["set-cookie"]).split(";")[0] ?? "";
  const base = new URL(/url=(\S+)/.exec(String(opened.headers["refresh"]))?.[1] ?? "", announced).href;
  const asking = { headers: { cookie }, everyMs: 100, expected: [200] };
  return [
    { ...asking, what: "a browser, for the page", url: base },
    { ...asking, what: "a browser, for the style", url: `${base}style.css` },
  ];
}

async function isAnswered(url: string, status: number): Promise<boolean> {
  const answer = await request(url).catch(() => undefined);
  await answer?.body.dump();
  return answer?.statusCode === status;
}
