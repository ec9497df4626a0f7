// Everything that is measured, each in a process of its own: the sidecar in its configurations, and its peers.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startProcess, type WatchedProcess } from "#support/process/start-process.ts";
import { startSidecar } from "#support/sidecar/start-sidecar.ts";
import type { BodyKind } from "./bodies.ts";
import { startPostgres } from "./peers/postgres.ts";

export const serverCore = 0;
export const loadCore = 1;

/** Subjects in the order they are measured in: whoever is compared stands close by. */
const subjectNames = [
  "node pipe",
  "sidecar 5 %",
  "sidecar",
  "sidecar again",
  "sidecar hanging shadow",
  "sidecar 100 %",
  "obvious build",
  "pgvector as text",
  "sidecar pgvector",
  "sidecar pgvector base64",
] as const;
export type SubjectName = (typeof subjectNames)[number];

export type Subject = {
  readonly name: SubjectName;
  readonly url: string;
  readonly pid: number;
  readonly body: BodyKind;
};
export type Stores = {
  readonly url: string;
  readonly shadowUrl: string;
  readonly hangUrl: string;
  readonly postgresUrl: string;
};
type Scene = {
  readonly subjects: readonly Subject[];
  readonly stores: Stores;
  readonly stop: () => Promise<void>;
};

type Stopper = () => Promise<unknown>;

/** Starts everything; whatever fails to start ends what had started. */
export async function startScene(): Promise<Scene> {
  const stoppers: Stopper[] = [];
  const stop = async (): Promise<void> => {
    await Promise.allSettled(stoppers.map((each) => each()));
  };
  try {
    const stores = await startStores(stoppers);
    const sidecars = await startSidecars(stores, stoppers);
    const peers = await startPeers(stores, stoppers);
    const started = new Map([...sidecars, ...peers].map((subject) => [subject.name, subject]));
    const subjects = subjectNames.flatMap((name) => started.get(name) ?? []);
    return { subjects, stores, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startStores(stoppers: Stopper[]): Promise<Stores> {
  const store = await startPeer("upstream-main.ts", [], loadCore);
  stoppers.push(store.stop);
  const postgres = await startPostgres(loadCore);
  stoppers.push(postgres.close);
  const { url = "", shadowUrl = "", hangUrl = "" } = store.announced;
  return { url, shadowUrl, hangUrl, postgresUrl: postgres.connectionString };
}

/** A base whose primary is the trivial store; with a shadow, that share of requests is sampled. */
export function qdrantBase(url: string, collection: string, shadow?: { url: string; sampleRate: number }): object {
  const primary = { kind: "qdrant", url, collection };
  if (shadow === undefined) return { primary };
  const { url: shadowUrl, sampleRate } = shadow;
  return { primary, dualRead: { enabled: true, sampleRate, shadow: { kind: "qdrant", url: shadowUrl, collection } } };
}

async function startSidecars(stores: Stores, stoppers: Stopper[]): Promise<Subject[]> {
  const { url, shadowUrl, hangUrl, postgresUrl } = stores;
  const sampled = (shadow: string, sampleRate: number): object => qdrantBase(url, "c768", { url: shadow, sampleRate });
  const bases: readonly (readonly [SubjectName, object])[] = [
    ["sidecar", qdrantBase(url, "c768")],
    ["sidecar again", qdrantBase(url, "c768")],
    ["sidecar 5 %", sampled(shadowUrl, 0.05)],
    ["sidecar 100 %", sampled(shadowUrl, 1)],
    ["sidecar hanging shadow", sampled(hangUrl, 1)],
    ["sidecar pgvector", { primary: { kind: "pgvector", connectionString: postgresUrl } }],
  ];
  const subjects: Subject[] = [];
  for (const [name, base] of bases) {
    const sidecar = await startSidecar({ base, core: serverCore });
    stoppers.push(sidecar.stop);
    const place = { url: `${sidecar.appUrl}/v1/retrieve`, pid: sidecar.process.pid };
    subjects.push({ ...place, name, body: "json-768" });
    if (name === "sidecar pgvector") {
      subjects.push({ ...place, name: "sidecar pgvector base64", body: "base64-768" });
    }
  }
  return subjects;
}

async function startPeers({ url, postgresUrl }: Stores, stoppers: Stopper[]): Promise<Subject[]> {
  const scripts: readonly (readonly [SubjectName, string, readonly string[]])[] = [
    ["obvious build", "obvious-main.ts", [url, "c768"]],
    ["node pipe", "pipe-main.ts", [url, "c768"]],
    ["pgvector as text", "postgres-text-main.ts", [postgresUrl]],
  ];
  const subjects: Subject[] = [];
  for (const [name, script, args] of scripts) {
    const peer = await startPeer(script, args, serverCore);
    stoppers.push(peer.stop);
    const url = `${peer.announced["url"]}/v1/retrieve`;
    subjects.push({ name, url, pid: peer.pid, body: "json-768" });
  }
  return subjects;
}

type Announced = Readonly<Record<string, string>>;
const readLine = (line: string): Announced => JSON.parse(line) as Announced;

/** Starts a script of `peers/`; it announces its addresses. */
function startPeer(script: string, args: readonly string[], core: number): Promise<WatchedProcess<Announced>> {
  const path = join(import.meta.dirname, "peers", script);
  return startProcess({ command: process.execPath, args: [path, ...args], core, readLine });
}

/** Starts the process that measures the forms of a vector whenever it is asked. */
export function startCodec(core: number): Promise<WatchedProcess<Announced>> {
  const path = fileURLToPath(import.meta.resolve("@retriever/stores/test/codec-main.ts"));
  return startProcess({ command: process.execPath, args: [path], core, withChannel: true, readLine });
}
