// A Postgres that asks for the password in plain text and repeats it, and every statement, in whatever it answers.
import { createServer, type Socket } from "node:net";
import { listen } from "#support/http-server.ts";
import { readyForQuery, wireMessage } from "../../../stores/test/fakes/hostile-postgres.ts";
import { type Canary, namesIn } from "./canaries.ts";

const states = [
  "28P01",
  "28000",
  "3D000",
  "42P01",
  "42501",
  "22P02",
  "22023",
  "08P01",
  "XX000",
  "57P03",
  "53300",
  "99999",
];
const severities = ["FATAL", "ERROR"];
const passwordWanted = wireMessage("R", Buffer.from([0, 0, 0, 3]));
const letIn = wireMessage("R", Buffer.alloc(4));

type Way = { readonly onLogin: boolean; readonly answer: (echo: string) => Buffer };

function report(severity: string, state: string, echo: string, type = "E"): Buffer {
  const fields = ["M", "D", "H", "W", "s", "t", "c", "d", "n", "F", "R"].map((name) => `${name}${echo}\0`).join("");
  return wireMessage(type, Buffer.from(`S${severity}\0V${severity}\0C${state}\0${fields}\0`));
}

const answers: readonly ((echo: string) => Buffer)[] = [
  ...severities.flatMap((severity) => states.map((state) => (echo: string) => report(severity, state, echo))),
  (echo) => Buffer.concat([report("WARNING", "01000", echo, "N"), report("FATAL", "57P01", echo)]),
  (echo) => wireMessage("S", Buffer.from(`${echo}\0${echo}\0`)),
  (echo) => Buffer.from(echo),
  (echo) => wireMessage("T", Buffer.from(echo)),
  (echo) => wireMessage("R", Buffer.concat([Buffer.from([0, 0, 0, 10]), Buffer.from(`${echo}\0\0`)])),
];
const ways: readonly Way[] = [true, false].flatMap((onLogin) => answers.map((answer) => ({ onLogin, answer })));

/** How many wrong ways there are. */
export const echoPostgresWays = ways.length;

export type EchoPostgres = {
  readonly port: number;
  readonly met: () => readonly string[];
  readonly answer: (way: number) => void;
  readonly close: () => Promise<void>;
};

export async function startEchoPostgres(canaries: readonly Canary[]): Promise<EchoPostgres> {
  const sockets = new Set<Socket>();
  const met = new Set<string>();
  let way = ways[0] as Way;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    let heard = "";
    let step = 0;
    socket.on("data", (part) => {
      heard = `${part.toString("latin1").replaceAll(/[^\x20-\x7e]+/g, " ")}${heard}`.slice(0, 2000);
      for (const name of namesIn(heard, canaries)) met.add(name);
      const { onLogin, answer } = way;
      step += 1;
      if (step === 1) socket.write(passwordWanted);
      else if (onLogin) socket.end(answer(heard));
      else
        socket.write(
          step === 2 ? Buffer.concat([letIn, readyForQuery]) : Buffer.concat([answer(heard), readyForQuery]),
        );
    });
  });
  const { port, close } = await listen(server);
  return {
    port,
    met: () => [...met],
    answer: (index) => {
      way = ways[index % ways.length] as Way;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return close();
    },
  };
}
