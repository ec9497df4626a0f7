// nginx where it is installed: as the trivial store, and as the peer that people use for mirroring today.
// Nothing is installed here; without it the rows that need it say so.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import { eventually } from "#support/eventually.ts";
import { freePort } from "#support/free-port.ts";
import { startProcess, type WatchedProcess } from "#support/process/start-process.ts";
import { collectionAnswer, queryAnswer } from "./peers/canned.ts";

type Nginx = { readonly urls: readonly string[]; readonly process: WatchedProcess<undefined> };
type Placed = { readonly folder: string; readonly name: string; readonly core: number };

const program = "nginx";
const startDeadlineMs = 5000;

/** Whether there is an nginx to run. */
export const hasNginx = spawnSync(program, ["-v"], { stdio: "ignore" }).status === 0;

/** Answers like Qdrant, always the same, on two addresses. */
export async function startNginxStore(placed: Placed): Promise<Nginx> {
  const ports = [await freePort(), await freePort()];
  const collection = collectionAnswer("$1");
  const server = `server {
    ${ports.map((port) => `listen 127.0.0.1:${port};`).join(" ")}
    default_type application/json;
    location ~ ^/collections/c(\\d+)$ { return 200 '${collection}'; }
    location / { return 200 '${queryAnswer}'; }
  }`;
  return start(placed, ports, server);
}

/** A reverse proxy to the store; with a shadow, every request is mirrored to it. */
export async function startNginxProxy(placed: Placed, store: string, shadow?: string): Promise<Nginx> {
  const port = await freePort();
  const pass = (upstream: string): string =>
    `proxy_pass http://${upstream}/collections/c768/points/query; proxy_http_version 1.1; proxy_set_header Connection "";`;
  const upstream = (name: string, url: string): string =>
    `upstream ${name} { server ${new URL(url).host}; keepalive 64; keepalive_requests 1000000; }`;
  const mirror = shadow === undefined ? "" : `location = /mirror { internal; ${pass("shadow")} }`;
  const server = `${upstream("store", store)} ${shadow === undefined ? "" : upstream("shadow", shadow)}
  server {
    listen 127.0.0.1:${port};
    location = /v1/retrieve { ${shadow === undefined ? "" : "mirror /mirror;"} ${pass("store")} }
    ${mirror}
  }`;
  return start(placed, [port], server);
}

async function start({ folder, name, core }: Placed, ports: readonly number[], server: string): Promise<Nginx> {
  const home = join(folder, name);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "nginx.conf"), configOf(home, server));
  const started = await startProcess<undefined>({
    command: program,
    args: ["-p", home, "-c", join(home, "nginx.conf"), "-e", "stderr"],
    core,
  });
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  for (const url of urls)
    await eventually(`nginx answers at ${url}`, () => answers(url), { deadlineMs: startDeadlineMs });
  return { urls, process: started };
}

/** One process, so that its CPU time is one number. */
function configOf(home: string, server: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `daemon off; master_process off; pid ${home}/nginx.pid; error_log stderr crit;
events { worker_connections 2048; }
http {
  access_log off; keepalive_requests 1000000; keepalive_timeout 65s; client_body_buffer_size 64k;
  ${temporary.map((kind) => `${kind}_temp_path ${home}/${kind};`).join(" ")}
  ${server}
}
`;
}

async function answers(url: string): Promise<boolean> {
  await (await request(url)).body.dump();
  return true;
}
