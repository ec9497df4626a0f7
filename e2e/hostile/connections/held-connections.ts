// Connections that are opened to be held: silent, half a request, nearly all of a large body, answers that nobody reads.
// Whatever the server closes is opened anew.
import { connect, type Socket } from "node:net";

const mib = 1_048_576;
const head = (rest: string) => `POST /v1/retrieve HTTP/1.1\r\nhost: x\r\n${rest}\r\n`;
type Kind = { readonly name: string; readonly send: (socket: Socket) => void };
const usual: readonly Kind[] = [
  { name: "silent", send: () => undefined },
  { name: "half of the headers", send: (socket) => void socket.write("GET /v1/status HTTP/1.1\r\nhost: x\r\nx-a: ") },
  { name: "half of a body", send: (socket) => void socket.write(`${head(`content-length: ${mib}\r\n`)}{"k":5,`) },
  {
    name: "nearly all of a body",
    send: (socket) => void socket.write(`${head(`content-length: ${mib}\r\n`)}${" ".repeat(mib - 1)}`),
  },
  {
    name: "a body in chunks",
    send: (socket) => void socket.write(`${head("transfer-encoding: chunked\r\n")}5\r\n{"k":\r\n`),
  },
  {
    name: "a body to be asked for",
    send: (socket) => void socket.write(head("content-length: 9\r\nexpect: 100-continue\r\n")),
  },
  {
    name: "answers that nobody reads",
    send: (socket) => void socket.pause().write("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n".repeat(20)),
  },
  {
    name: "requests by the thousand that are refused before they are handed on",
    send: (socket) => void socket.pause().write("GET / HTTP/1.1\r\n\r\n".repeat(5000)),
  },
  { name: "idle behind an answer", send: (socket) => void socket.write("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n") },
];
/** Of the machine's own network, so that a listener sees several clients. */
const addresses = Array.from({ length: 8 }, (_, index) => `127.0.0.${index + 2}`);
const againMs = 1000;

export type HeldConnections = { readonly opened: () => number; readonly close: () => void };

/** Of a request with this body. */
export function unreadAnswer(body: string): Kind {
  const length = Buffer.byteLength(body);
  return {
    name: "an answer that nobody reads",
    send: (socket) => void socket.pause().write(`${head(`content-length: ${length}\r\n`)}${body}`),
  };
}

/** Keeps so many open at each port. */
export function holdConnections(ports: readonly number[], count: number, kinds = usual): HeldConnections {
  const sockets = new Set<Socket>();
  let isClosed = false;
  let opened = 0;
  const open = (port: number, index: number): void => {
    if (isClosed) return;
    const localAddress = addresses[index % addresses.length] as string;
    const socket = connect({ host: "127.0.0.1", port, localAddress });
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("connect", () => {
      opened += 1;
      kinds[Math.floor(index / addresses.length) % kinds.length]?.send(socket);
    });
    socket.once("close", () => {
      sockets.delete(socket);
      setTimeout(() => open(port, index), againMs).unref();
    });
  };
  for (const port of ports) for (let index = 0; index < count; index += 1) open(port, index);
  return {
    opened: () => opened,
    close: () => {
      isClosed = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}
