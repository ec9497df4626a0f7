// Reads a request's body up to the limit, and refuses a larger one without keeping it.
import type { IncomingMessage, ServerResponse } from "node:http";
import { errorTable, type Fault, RetrieverError } from "@retriever/stores/errors.ts";
import { maxBodyBytes } from "#contract/retrieve.ts";
import type { BodyRoom } from "./body-room.ts";
import { faultBody } from "./respond.ts";

/** How much of an oversized body is still swallowed, so that its sender gets to read the refusal. */
const lingerBytes = 4 * 1_048_576;
const lingerMs = 1000;

export const tooLarge: Fault = {
  code: "RETR_BODY_TOO_LARGE",
  message: `(root): expected a body of at most ${maxBodyBytes} bytes`,
  path: "(root)",
};

/** Whether the announced length alone is a reason to refuse. */
export function isAnnouncedTooLarge(request: IncomingMessage): boolean {
  return Number(request.headers["content-length"] ?? 0) > maxBodyBytes;
}

const overloaded: Fault = { code: "RETR_OVERLOADED", message: "bodies of other requests take all the room there is" };

/** The body. Rejects with RETR_BODY_TOO_LARGE as soon as it exceeds the limit, and when the client left. */
export function readBody(request: IncomingMessage, room: BodyRoom): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > maxBodyBytes) {
        request.off("data", onData);
        reject(new RetrieverError(tooLarge));
        return;
      }
      if (!room.hold(request, size)) {
        request.off("data", onData);
        reject(new RetrieverError(overloaded));
        return;
      }
      chunks.push(chunk);
    };
    request.on("data", onData);
    request.on("end", () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    // Comes after the end as well: then no error, with its stack, is made. A client that left shows here only.
    request.on("close", () => {
      if (!request.complete) reject(new Error("client left"));
    });
  });
}

/** Answers 413, then lingers a moment: closing over unread bytes would reset the connection and lose the answer. */
export function refuseBody(request: IncomingMessage, response: ServerResponse): void {
  const text = JSON.stringify(faultBody(tooLarge));
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    connection: "close",
  };
  response.writeHead(errorTable.RETR_BODY_TOO_LARGE.httpStatus, headers);
  response.write(text);
  let swallowed = 0;
  const finish = (): void => {
    clearTimeout(timer);
    response.end();
    request.socket.destroySoon();
  };
  const timer = setTimeout(finish, lingerMs);
  request.on("data", (chunk: Buffer) => {
    swallowed += chunk.length;
    if (swallowed > lingerBytes) finish();
  });
  request.once("end", finish);
  request.once("error", finish);
  request.resume();
}
