// The trivial store: answers like Qdrant, always the same. Plain sockets, as cheap as Node can.
// A second address is the shadow's, a third takes requests and never answers.
import { createServer, type Socket } from "node:net";
import { listen } from "#support/http-server.ts";
import { announce } from "./announce.ts";
import { collectionAnswer, queryAnswer } from "./canned.ts";

function answerOf(body: string): Buffer {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return Buffer.from(head + body);
}

const query = answerOf(queryAnswer);
const headEnd = Buffer.from("\r\n\r\n");

/** Answers every request once its whole body is in. */
function serve(socket: Socket): void {
  let buffered: Buffer = Buffer.alloc(0);
  let missing = 0;
  let answer = query;
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    let rest: Buffer = chunk;
    while (rest.length > 0) {
      if (missing === 0) {
        const head = buffered.length === 0 ? rest : Buffer.concat([buffered, rest]);
        const end = head.indexOf(headEnd);
        if (end === -1) {
          buffered = Buffer.from(head);
          return;
        }
        buffered = Buffer.alloc(0);
        const text = head.toString("latin1", 0, end);
        missing = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
        answer = text.startsWith("POST") ? query : answerOf(collectionAnswer(/\/c(\d+)/.exec(text)?.[1] ?? "768"));
        rest = head.subarray(end + headEnd.length);
      }
      const taken = Math.min(missing, rest.length);
      missing -= taken;
      rest = rest.subarray(taken);
      if (missing === 0) socket.write(answer);
    }
  });
}

function hang(socket: Socket): void {
  socket.on("error", () => undefined);
  socket.resume();
}

const [store, shadow, hanging] = await Promise.all([
  listen(createServer(serve)),
  listen(createServer(serve)),
  listen(createServer(hang)),
]);
announce({ url: store.url, shadowUrl: shadow.url, hangUrl: hanging.url });
