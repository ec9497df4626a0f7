// The stand-in as a process of its own. Prints one JSON line {"url","admin"} once it listens.
// Ends on SIGTERM, SIGINT or the end of standard input, so that it never outlives whoever started it.
import { parseArgs } from "node:util";
import { startAdmin } from "./admin.ts";
import { startStandIn } from "./start.ts";

const { values } = parseArgs({
  options: {
    listen: { type: "string", default: "127.0.0.1:0" },
    admin: { type: "string", default: "127.0.0.1:0" },
    seed: { type: "string", default: "1" },
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

const standIn = await startStandIn({
  ...listen,
  seed: Number(values.seed),
  ...(apiKey === undefined ? {} : { apiKey }),
});
const admin = await startAdmin(standIn.faults, adminListen.port, adminListen.address);

const stop = () => {
  void Promise.allSettled([admin.close(), standIn.close()]).finally(() => process.exit(0));
};
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
process.stdin.resume().once("end", stop);
process.stdout.write(`${JSON.stringify({ url: standIn.url, admin: admin.url })}\n`);
