// Programs that run to their end: comparison and copy between stores that repeat what they were sent, the check of a
// damaged configuration, and the command line before such an API server. All they print and write is looked through.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { storyMigration } from "#stories/embedded/story-migration.ts";
import { type RunResult, runToEnd } from "#support/process/run-to-end.ts";
import { retrieverData, retrieverOffline } from "#support/world/command-line.ts";
import type { Canaries } from "./canaries.ts";
import { damagedBases, damagedOverlays } from "./damaged-documents.ts";
import { type EchoPostgres, startEchoPostgres } from "./echo-postgres.ts";
import { type EchoServer, startEchoServer } from "./echo-server.ts";
import { inTurn, makeWatch, type PartOptions, type PartResult } from "./part.ts";

type Scene = {
  readonly folder: string;
  readonly canaries: Canaries;
  readonly http: EchoServer;
  readonly postgres: EchoPostgres;
};
type Program = { readonly name: string; readonly run: (scene: Scene, index: number) => Promise<RunResult> };

const sidecarMain = fileURLToPath(import.meta.resolve("@retriever/sidecar/main.ts"));
const known = { result: { config: { params: { vectors: { size: 3, distance: "Cosine" } } }, status: "green" } };

export async function tryPrograms({ canaries, runs }: PartOptions): Promise<PartResult> {
  const all = Object.values(canaries);
  const folder = mkdtempSync(join(tmpdir(), "retriever-secrets-"));
  const scene = { folder, canaries, http: await startEchoServer(all), postgres: await startEchoPostgres(all) };
  const watch = makeWatch(all);
  try {
    for (const [{ name, run }, index] of inTurn(programs, runs)) {
      scene.http.answer(index, index % 4 < 2 ? undefined : { method: "GET", body: known });
      scene.postgres.answer(index);
      const { stdout, stderr } = await run(scene, index);
      watch.search(`output of ${name}`, stdout + stderr);
      for (const [file, text] of filesBelow(join(folder, "report"))) watch.search(`${file} of ${name}`, text);
    }
    return { runs, seen: watch.seen(), met: [...scene.http.met(), ...scene.postgres.met()] };
  } finally {
    await Promise.allSettled([scene.http.close(), scene.postgres.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

const words = [
  ["status", "docs"],
  ["get"],
  ["check"],
  ["events", "docs"],
  ["check", "--for", "deployment/docs"],
  ["evidence", "docs"],
  ["pause", "docs", "--reason", "x"],
  ["version"],
] as const;

const programs: readonly Program[] = [
  { name: "verify", run: (scene, index) => onStores(scene, ["verify"], index) },
  { name: "check-config", run: (scene, index) => checkConfig(scene, damagedBases(scene.canaries), index) },
  {
    name: "kubectl-retriever",
    run: (scene, index) => onCluster(scene, words[Math.floor(index / 6) % words.length] ?? []),
  },
  { name: "copy", run: (scene, index) => onStores(scene, ["copy"], index) },
  { name: "check-config", run: (scene, index) => checkConfig(scene, damagedOverlays(scene.canaries), index) },
  { name: "lint", run: lint },
];

async function onStores({ folder, canaries, http, postgres }: Scene, command: readonly string[], index: number) {
  const password = encodeURIComponent(canaries["password of the source"].secret);
  const qdrant = { kind: "qdrant", url: http.url, collection: "chunks", apiKey: { fromEnv: "KEY" }, timeoutMs: 1000 };
  const connectionString = { fromEnv: "URL" };
  const pgvector = { kind: "pgvector", connectionString, table: "chunks", timeoutMs: 1000 };
  const [source, destination] = index % 2 === 0 ? [pgvector, qdrant] : [qdrant, pgvector];
  const files = {
    source: write(folder, "source.json", source),
    destination: write(folder, "destination.json", destination),
  };
  const log = command[0] === "verify" ? ["--termination-log", join(folder, "report", "last-words")] : [];
  const places = ["--source", files.source, "--destination", files.destination, "--report", join(folder, "report")];
  return retrieverData([...command, ...places, ...log], {
    KEY: canaries["key of the destination"].secret,
    URL: `postgres://app:${password}@127.0.0.1:${postgres.port}/chunks`,
  });
}

function write(folder: string, name: string, primary: object): string {
  writeFileSync(join(folder, name), JSON.stringify({ primary }));
  return join(folder, name);
}

function checkConfig({ folder, http }: Scene, damages: readonly ((well: string) => string)[], index: number) {
  const destination = { kind: "qdrant", url: http.url, collection: "chunks" };
  const well = JSON.stringify({ schema: 1, revision: { epoch: 1, migrationUid: "a", plan: "b" }, destination });
  const file = join(folder, "checked.json");
  writeFileSync(file, (damages[index % damages.length] as (well: string) => string)(well));
  return runToEnd(process.execPath, [sidecarMain, "check-config", "--connect", "--deadline", "1", file]);
}

function onCluster({ folder, canaries, http }: Scene, [...asked]: readonly string[]): Promise<RunResult> {
  const file = join(folder, "kubeconfig.json");
  const { secret } = canaries["token for the API server"];
  const config = {
    clusters: [{ name: "hostile", cluster: { server: http.url } }],
    users: [{ name: "a", user: { token: secret } }],
    contexts: [{ name: "hostile", context: { cluster: "hostile", user: "a" } }],
    "current-context": "hostile",
  };
  writeFileSync(file, JSON.stringify(config));
  return retrieverOffline([...asked, "--namespace", "search", "--kubeconfig", file]);
}

/** A manifest whose destination is damaged as an overlay's would be. */
async function lint({ folder, canaries, http }: Scene, index: number): Promise<RunResult> {
  const destination = { kind: "qdrant", url: http.url, collection: "chunks" } as const;
  const manifest = storyMigration({ name: "docs", target: "docs", destination }) as { readonly spec: object };
  const damages = damagedOverlays(canaries);
  const well = JSON.stringify({ schema: 1, destination });
  const text = (damages[Math.floor(index / 6) % damages.length] as (well: string) => string)(well);
  const damaged = textOf(text, manifest);
  const file = join(folder, "migration.yaml");
  writeFileSync(file, damaged);
  return retrieverOffline([index % 12 < 6 ? "lint" : "plan", "-f", file]);
}

function textOf(overlay: string, manifest: { readonly spec: object }): string {
  try {
    const { destination } = JSON.parse(overlay) as { readonly destination: object };
    return stringify({ ...manifest, spec: { ...manifest.spec, destination } });
  } catch {
    return overlay;
  }
}

function filesBelow(folder: string): (readonly [string, string])[] {
  try {
    return readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")] as const);
  } catch {
    return [];
  }
}
