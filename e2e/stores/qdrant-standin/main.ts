// The stand-in as a process of its own. Prints one JSON line {"url","admin"} once it listens.
// Ends on SIGTERM, SIGINT or the end of standard input, so that it never outlives whoever started it.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startAdmin } from "./admin.ts";
import { startStandIn } from "./start.ts";
import { urlOf } from "./url-of.ts";

const { values } = parseArgs({
  options: {
    listen: { type: "string", default: "127.0.0.1:0" },
    admin: { type: "string", default: "127.0.0.1:0" },
    seed: { type: "string", default: "1" },
    "tls-cert": { type: "string" },
    "tls-key": { type: "string" },
  },
});

function parseListen(text: string): { address: string; port: number } {
  const match = /^([^:]+):(\d{1,5})$/.exec(text);
  if (match === null) throw new Error(`address ${text}, expected ADDRESS:PORT`);
  return { address: match[1] ?? "", port: Number(match[2]) };
}

const listen = parseListen(values.listen);
const adminListen = parseListen(values.admin);
const apiKey = process.env["STAND_IN_API_KEY"];
const tlsFiles = [values["tls-cert"], values["tls-key"]].filter((file) => file !== undefined);
const [cert, key] = tlsFiles.map((file) => readFileSync(file, "utf8"));

const standIn = await startStandIn({
  ...listen,
  seed: Number(values.seed),
  ...(apiKey === undefined ? {} : { apiKey }),
  ...(cert === undefined || key === undefined ? {} : { tls: { cert, key } }),
});
const admin = await startAdmin(standIn.faults, adminListen.port, adminListen.address);

const stop = () => {
  admin.close();
  admin.closeAllConnections();
  void standIn.close().finally(() => process.exit(0));
};
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
process.stdin.resume().once("end", stop);
process.stdout.write(`${JSON.stringify({ url: standIn.url, admin: urlOf(admin) })}\n`);
