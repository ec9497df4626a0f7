// Requests byte by byte, as no client library would send them, and what came back.
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** How a request gets onto the wire. */
export type Delivery =
  | "whole"
  | "chunked"
  | "slow"
  | "half-closed"
  | "cut"
  | "stalled"
  | "announced too long"
  | "compressed";
export type Answer = {
  /** Null: closed without an answer. */
  readonly status: number | null;
  readonly body: string;
};

const deadlineMs = 20_000;
const slowPieces = 12;
const slowPauseMs = 40;
const whole = new Set<Delivery>(["whole", "chunked", "slow"]);

/** Whether the sidecar gets to see the whole body, unspoilt. */
export function isDelivered(delivery: Delivery): boolean {
  return whole.has(delivery);
}

/** Sends one request on a connection of its own and waits until the other side closes it. */
export async function send(url: string, body: Uint8Array, delivery: Delivery): Promise<Answer> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const chunks: Buffer[] = [];
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("end", () => socket.end());
  socket.on("error", () => undefined);
  socket.once("close", resolve);
  socket.setTimeout(deadlineMs, () => socket.destroy());
  const head = `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\ncontent-type: application/json\r\n`;
  for (const step of stepsOf(head, body, delivery)) {
    if (socket.destroyed) break;
    if (step === "pause") await wait(slowPauseMs);
    else if (step === "cut") socket.destroy();
    else if (step === "half-close") socket.end();
    else socket.write(step);
  }
  await closed;
  return readAnswer(Buffer.concat(chunks).toString("utf8"));
}

type Step = Buffer | "pause" | "cut" | "half-close";

function stepsOf(head: string, body: Uint8Array, delivery: Delivery): Step[] {
  const withLength = (length: number, extra = ""): Buffer =>
    Buffer.from(`${head}${extra}content-length: ${length}\r\n\r\n`);
  const half = Buffer.from(body.subarray(0, Math.floor(body.length / 2)));
  const all = Buffer.from(body);
  switch (delivery) {
    case "whole":
      return [Buffer.concat([withLength(body.length), all])];
    case "chunked":
      return [
        Buffer.from(`${head}transfer-encoding: chunked\r\n\r\n`),
        ...chunksOf(half),
        ...chunksOf(all.subarray(half.length)),
        Buffer.from("0\r\n\r\n"),
      ];
    case "slow":
      return [withLength(body.length), ...piecesOf(all).flatMap((piece): Step[] => ["pause", piece])];
    case "half-closed":
      return [withLength(body.length + 1), half, "half-close"];
    case "cut":
      return [withLength(body.length + 1), half, "pause", "cut"];
    case "stalled":
      return [withLength(body.length + 1), half];
    case "announced too long":
      return [withLength(50_000_000), half];
    case "compressed":
      return [withLength(body.length, "content-encoding: gzip\r\n"), all];
  }
}

function chunksOf(part: Buffer): Buffer[] {
  return part.length === 0 ? [] : [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")];
}

function piecesOf(body: Buffer): Buffer[] {
  const size = Math.max(1, Math.ceil(body.length / slowPieces));
  return Array.from({ length: Math.ceil(body.length / size) }, (_, index) =>
    body.subarray(index * size, (index + 1) * size),
  );
}

function readAnswer(text: string): Answer {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return { status: null, body: "" };
  const status = Number(text.slice(9, 12));
  // An interim answer precedes the real one.
  if (status === 100) return readAnswer(text.slice(end + 4));
  return { status, body: text.slice(end + 4) };
}
