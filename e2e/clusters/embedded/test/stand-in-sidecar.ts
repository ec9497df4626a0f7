// A small process in the place of the sidecar, for tests of the runner alone: ready at once, shows its directory and environment.
// Serves /readyz and /seen on its admin address; ends on SIGTERM.
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const { RETRIEVER_ADMIN = "", RETRIEVER_CONFIG = "" } = process.env;
const [host = "", port = ""] = RETRIEVER_ADMIN.split(":");

function files(): Record<string, string> {
  const names = readdirSync(RETRIEVER_CONFIG).filter((name) => !name.startsWith(".."));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(RETRIEVER_CONFIG, name), "utf8")]));
}

const server = createServer((request, response) => {
  const seen = { files: files(), env: process.env, args: process.argv.slice(2), pid: process.pid };
  response.end(request.url === "/seen" ? JSON.stringify(seen) : "ok");
});
server.listen(Number(port), host, () => process.stdout.write("started\n"));
process.once("SIGTERM", () => process.exit(0));
