// Z6: which hosts a migration can make a pod connect to. Each form is an overlay for a real sidecar; a sink counts what is
// connected to, and the sidecar must say why it doesn't.
import { fileURLToPath } from "node:url";
import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";
import { identityOf } from "@retriever/stores/config/identity.ts";
import { locateQdrant } from "@retriever/stores/qdrant/config/schema.ts";
import { amount, least, most, type Part } from "#bench/report/rows.ts";
import { startStandIn } from "#stores/qdrant-standin/start.ts";
import { eventually } from "#support/eventually.ts";
import { type Sidecar, startSidecar } from "#support/sidecar/start-sidecar.ts";
import type { HostileContext, HostileRow } from "../rows/hostile-row.ts";
import { allowedName, listedAddresses, lyingNames, rebound, reboundName, unlistedHosts } from "./host-table.ts";
import { openRedirector, openSink, type Sink } from "./sink.ts";

export const hostsRow: HostileRow = { id: "Z6", title: "hosts that a migration may not reach", run: runHosts };

type Destination = Readonly<Record<string, unknown>>;
type Stage = {
  readonly sidecar: Sidecar;
  readonly sink: Sink;
  /** Writes an overlay with this destination; resolves with the first outcome that isn't null. */
  readonly write: <T>(
    destination: Destination,
    outcome: (status: SidecarStatus, epoch: number) => T | null,
  ) => Promise<T>;
};

const refusedCodes = ["RETR_HOST_NOT_ALLOWED", "RETR_CONFIG_INVALID"];

async function runHosts({ say }: HostileContext): Promise<readonly Part[]> {
  const sink = await openSink();
  const elsewhere = await openSink();
  const redirector = await openRedirector(`http://127.0.0.1:${elsewhere.port}/collections/chunks`);
  const source = await startStandIn({ address: "127.0.0.1", port: 0, seed: 1 });
  const sidecar = await startSidecar(optionsOf(source.url, sink, redirector));
  const allowed = at("qdrant", allowedName, redirector.port);
  const stage = { sidecar, sink, write: makeWrite(sidecar, source.url) };
  try {
    const through: string[] = [];
    let forms = 0;
    for (const destination of destinations(sink.port)) {
      forms += 1;
      const code = await tryDestination(stage, destination, allowed);
      if (!refusedCodes.includes(code) || sink.connections() > 0) {
        through.push(`${JSON.stringify(destination)}: ${code}, ${sink.connections()} connections`);
      }
    }
    await eventually("the redirect was met", async () => redirector.connections() > 0);
    if (elsewhere.connections() > 0) through.push("followed a redirect");
    if (!(await refusesRebound(stage))) through.push("followed a name to another address");
    for (const each of through) say(`let through: ${each}`);
    return [
      amount("forms let through", through.length, most(0), { n: forms + 2 }),
      amount("forms tried", forms + 2, least(80)),
      amount("connections to the one allowed host", redirector.connections() + sink.connections(), least(2)),
    ];
  } finally {
    await Promise.allSettled([sidecar.stop(), source.close(), sink.close(), elsewhere.close(), redirector.close()]);
  }
}

function optionsOf(sourceUrl: string, sink: Sink, redirector: Sink) {
  const names = Object.keys(lyingNames).filter((name) => name !== allowedName);
  const listed = [...names, reboundName, ...listedAddresses, `${allowedName}:${redirector.port}`];
  return {
    base: { primary: { kind: "qdrant", url: sourceUrl, collection: "chunks" } },
    nodeArguments: ["--import", fileURLToPath(new URL("lying-names-main.ts", import.meta.url))],
    env: {
      HOSTILE_NAMES: JSON.stringify({ ...lyingNames, [reboundName]: rebound }),
      RETRIEVER_ALLOWED_HOSTS: listed.join(","),
      RETRIEVER_CRED_USER: "nobody",
    },
    sink,
  };
}

/** Every form for each kind of store, as far as the kind can write it down. */
function destinations(port: number): Destination[] {
  const names = Object.keys(lyingNames).filter((name) => name !== allowedName);
  const hosts = [...unlistedHosts, ...names, ...listedAddresses];
  return (["qdrant", "pgvector"] as const).flatMap((kind) => hosts.map((host) => at(kind, host, port)));
}

function at(kind: "qdrant" | "pgvector", host: string, port: number): Destination {
  if (kind === "qdrant") return { kind, url: `http://${host}:${port}`, collection: "chunks", timeoutMs: 300 };
  const plain = host.replace(/^\[|\]$/g, "");
  return { kind, host: plain, port, database: "chunks", user: { fromEnv: "RETRIEVER_CRED_USER" }, timeoutMs: 300 };
}

type Write = Stage["write"];

function makeWrite(sidecar: Sidecar, sourceUrl: string): Write {
  const { digest } = identityOf(locateQdrant(sourceUrl, "chunks"));
  let epoch = 0;
  return async (destination, outcome) => {
    epoch += 1;
    sidecar.writeOverlay(overlayText(digest, destination, epoch));
    const what = `the sidecar has read ${JSON.stringify(destination)}`;
    const ask = async () => outcome(await sidecar.status(), epoch);
    return eventually(what, ask, { everyMs: 10, deadlineMs: 10_000 });
  };
}

/** The code of the fault, and then the allowed destination: a fault that is the same twice wouldn't show as another one. */
async function tryDestination({ write }: Stage, destination: Destination, allowed: Destination): Promise<string> {
  const code = await write(destination, outcomeOf);
  await write(allowed, ({ config, configFault }, epoch) => (config.epoch === epoch && configFault === null) || null);
  return code;
}

/** Null: not yet. */
function outcomeOf({ config, configFault, stores }: SidecarStatus, epoch: number): string | null {
  if (configFault !== null) return configFault.code;
  if (config.epoch !== epoch) return null;
  return stores.find(({ store }) => store === "destination")?.lastError?.code ?? null;
}

function overlayText(digest: string, destination: Destination, epoch: number): string {
  return JSON.stringify({
    schema: 1,
    revision: { epoch, migrationUid: "hostile", plan: "hosts" },
    source: { digest },
    destination,
    primary: "source",
    shadow: "none",
    sampleRate: 0,
    thresholds: { scoreDelta: 0.2, latencyDeltaMs: 80 },
    released: false,
  });
}

/** The name leads to the sink once and, from the next connection on, to the metadata service. */
async function refusesRebound({ write, sidecar, sink }: Stage): Promise<boolean> {
  await write(at("qdrant", reboundName, sink.port), ({ config }, epoch) => config.epoch === epoch || null);
  await eventually("the name led to the sink", async () => sink.connections() > 0);
  const refused = async () =>
    (await sidecar.status()).stores.some(
      ({ store, lastError }) => store === "destination" && lastError?.code === "RETR_HOST_NOT_ALLOWED",
    );
  return eventually("the name is refused", refused, { deadlineMs: 20_000 }).catch(() => false);
}
