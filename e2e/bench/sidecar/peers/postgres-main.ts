// The trivial Postgres: speaks enough of protocol 3.0 for a driver to send a query and get ten rows, always the same.
// Only the client's side is measured. The sidecar finds the one table in its catalogue, and no index; what else it asks
// gets an error.
import { createServer, type Socket } from "node:net";
import { listen } from "#support/http-server.ts";
import { announce } from "./announce.ts";
import { rows } from "./canned.ts";

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const int16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const text = (value: string): Buffer => Buffer.from(`${value}\0`);

const textOid = 25;
const columns = ["chunk_id", "entity_id", "updated_at", "distance"];
const fieldOf = (name: string): Buffer =>
  Buffer.concat([text(name), int32(0), int16(0), int32(textOid), int16(-1), int32(-1), int16(0)]);
const description = message("T", int16(columns.length), ...columns.map(fieldOf));
const resultOf = (lines: readonly (readonly string[])[]): Buffer => {
  const dataRows = lines.map((row) =>
    message("D", int16(row.length), ...row.flatMap((value) => [int32(Buffer.byteLength(value)), Buffer.from(value)])),
  );
  return Buffer.concat([...dataRows, message("C", text(`SELECT ${lines.length}`))]);
};
const ready = message("Z", Buffer.from("I"));
const hello = Buffer.concat([message("R", int32(0)), message("S", text("server_version"), text("16.2")), ready]);
/** Kind of the relation, column, type, its modifier, whether an index leads with it, rows, row security, role, extension. */
const columnOf = (name: string, type: string): string[] => ["r", name, type, "-1", "f", "10", "f", "u", "0.8.0 public"];
const table = [
  columnOf("chunk_id", "text"),
  columnOf("entity_id", "text"),
  columnOf("updated_at", "timestamptz"),
  columnOf("embedding", "vector"),
];
/** By what only the query holds. The sidecar asks for moments in ms, peers as Postgres prints them. */
const results: readonly (readonly [string, Buffer])[] = [
  ["row_security_active", resultOf(table)],
  ["WITH RECURSIVE", resultOf([])],
  [
    "extract(epoch",
    resultOf(rows.map(([id = "", entity = "", at = "", ...rest]) => [id, entity, `${Date.parse(at)}`, ...rest])),
  ],
  ["AS distance", resultOf(rows)],
];
const refusal = message(
  "E",
  text("SERROR"),
  text("VERROR"),
  text("C42P01"),
  text("Mno catalogue here"),
  Buffer.alloc(1),
);
const answers: Readonly<Record<string, Buffer>> = {
  P: message("1"),
  B: message("2"),
  D: description,
  C: message("3"),
};

class Session {
  #buffered: Buffer = Buffer.alloc(0);
  #isStarted = false;
  #hasFailed = false;
  #result: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Buffer[] {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
    const out: Buffer[] = [];
    for (;;) {
      const typeLength = this.#isStarted ? 1 : 0;
      if (this.#buffered.length < typeLength + 4) return out;
      const length = this.#buffered.readInt32BE(typeLength) + typeLength;
      if (this.#buffered.length < length) return out;
      const frame = this.#buffered.subarray(0, length);
      this.#buffered = this.#buffered.subarray(length);
      out.push(...this.#answer(frame));
    }
  }

  #answer(frame: Buffer): Buffer[] {
    if (!this.#isStarted) {
      this.#isStarted = true;
      return [hello];
    }
    const type = String.fromCharCode(frame[0] ?? 0);
    if (type === "S") {
      this.#hasFailed = false;
      return [ready];
    }
    if (type === "P") {
      // Later messages name a statement that was prepared before; a session of the load has only one.
      const found = results.find(([part]) => frame.includes(part));
      this.#hasFailed = found === undefined;
      if (found === undefined) return [refusal];
      this.#result = found[1];
    }
    const answer = this.#hasFailed ? undefined : type === "E" ? this.#result : answers[type];
    return answer === undefined ? [] : [answer];
  }
}

const server = createServer((socket: Socket) => {
  const session = new Session();
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    const out = session.push(chunk);
    if (out.length > 0) socket.write(out.length === 1 ? (out[0] ?? "") : Buffer.concat(out));
  });
});
announce({ url: (await listen(server)).url.replace("http:", "postgres:") });
