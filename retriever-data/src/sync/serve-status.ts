// Serves how far `sync` is, as JSON and as metrics.
import type { ServerResponse } from "node:http";
import { removalsPath, type SyncStatus } from "@retriever/sidecar/contract/sync-status.ts";
import type { Address, Handler, Listener } from "@retriever/sidecar/http/listener.ts";
import { listenForOperator } from "@retriever/sidecar/http/operator-listener.ts";
import { sendFault, sendJson } from "@retriever/sidecar/http/respond.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import { Counter, Gauge, Registry } from "prom-client";
import type { ServedTls } from "#config/served-tls.ts";
import { metricTable } from "./metric-table.ts";

type Served = {
  readonly status: () => SyncStatus;
  /** Leave to remove was given, or taken back. */
  readonly onLeave: (isGiven: boolean) => void;
};

/** Listens. Rejects with RETR_CONFIG_INVALID when the address can't be bound. */
export async function serveStatus(
  address: Address,
  tls: ServedTls,
  served: Served,
): Promise<Pick<Listener, "address" | "close">> {
  try {
    return await listenForOperator(address, makeStatusHandler(served), tls);
  } catch (error) {
    if (error instanceof RetrieverError) throw error;
    const message = `sync: --listen: ${address.host}:${address.port} can't be listened on`;
    throw new RetrieverError({ code: "RETR_CONFIG_INVALID", message }, error);
  }
}

function makeStatusHandler({ status, onLeave }: Served): Handler {
  const registry = makeRegistry(status);
  return ({ method, url = "" }, response) => {
    const isGiven = method === "POST" ? leaves[url] : undefined;
    if (isGiven !== undefined) {
      onLeave(isGiven);
      return sendJson(response, 200, status());
    }
    if (method !== "GET") {
      return sendFault(response, { code: "RETR_METHOD_NOT_ALLOWED", message: "expected GET" }, { allow: "GET" });
    }
    switch (url.split("?", 1)[0]) {
      case "/v1/sync":
        return sendJson(response, 200, status());
      case "/healthz":
        return sendJson(response, 200, { status: "alive" });
      case "/readyz":
        if (status().state === "following") return sendJson(response, 200, { status: "ready" });
        return sendFault(response, { code: "RETR_NOT_READY", message: "the source hasn't been read through yet" });
      case "/metrics":
        return void sendMetrics(response, registry);
      default:
        return sendFault(response, {
          code: "RETR_NOT_FOUND",
          message: "expected /v1/sync, /metrics, /healthz or /readyz",
        });
    }
  };
}

const leaves: Readonly<Record<string, boolean>> = {
  [`${removalsPath}?removals=allow`]: true,
  [`${removalsPath}?removals=hold`]: false,
};

async function sendMetrics(response: ServerResponse, registry: Registry): Promise<void> {
  const text = await registry.metrics();
  response.writeHead(200, { "content-type": registry.contentType });
  response.end(text);
}

function makeRegistry(status: () => SyncStatus): Registry {
  const registry = new Registry();
  for (const [name, { type, help, valueOf }] of Object.entries(metricTable)) {
    const value = () => valueOf(status());
    registry.registerMetric(type === "gauge" ? makeGauge(name, help, value) : makeCounter(name, help, value));
  }
  return registry;
}

function makeGauge(name: string, help: string, value: () => number): Gauge {
  const collect = function (this: Gauge): void {
    this.set(value());
  };
  return new Gauge({ name, help, registers: [], collect });
}

function makeCounter(name: string, help: string, value: () => number): Counter {
  const collect = function (this: Counter): void {
    this.reset();
    this.inc(value());
  };
  return new Counter({ name, help, registers: [], collect });
}
