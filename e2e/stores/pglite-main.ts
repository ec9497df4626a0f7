// PGlite with pgvector behind a socket that speaks Postgres, as a process of its own: its work is WebAssembly on one thread.
// Prints one JSON line {"connectionString"}; ends on SIGTERM, SIGINT or the end of standard input.
import { parseArgs } from "node:util";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";

const { values } = parseArgs({
  options: { address: { type: "string", default: "127.0.0.1" }, port: { type: "string", default: "0" } },
});

const db = await PGlite.create({ extensions: { vector } });
await db.exec("CREATE EXTENSION IF NOT EXISTS vector");
const server = new PGLiteSocketServer({ db, host: values.address, port: Number(values.port), maxConnections: 200 });

let stopping = false;
const stop = () => {
  if (stopping) return;
  stopping = true;
  void server
    .stop()
    .then(() => db.close())
    .finally(() => process.exit(0));
};
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
process.stdin.resume().once("end", stop);

await server.start();
process.stdout.write(
  `${JSON.stringify({ connectionString: `postgres://postgres@${server.getServerConn()}/postgres` })}\n`,
);
