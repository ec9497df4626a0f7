import fc from "fast-check";
import { expect, test } from "vitest";
import { MessageWatch } from "./message-watch.ts";

const limit = 4 * 1_048_576;

function message(code: string, body: Buffer, length = body.length + 4): Buffer {
  const head = Buffer.alloc(5);
  head.write(code, "latin1");
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, body]);
}

function row(fields: readonly (string | null)[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeInt16BE(fields.length);
  const parts = fields.map((field) => {
    const text = Buffer.from(field ?? "");
    const length = Buffer.alloc(4);
    length.writeInt32BE(field === null ? -1 : text.length);
    return Buffer.concat([length, text]);
  });
  return message("D", Buffer.concat([count, ...parts]));
}

const report = message("E", Buffer.from("SERROR\0C42P01\0Mno such table\0\0"));
const anyMessage = fc.oneof(
  fc.array(fc.option(fc.string({ maxLength: 30 })), { maxLength: 6 }).map(row),
  fc.constantFrom(
    report,
    message("Z", Buffer.from("I")),
    message("N", Buffer.from("SNOTICE\0\0")),
    message("2", Buffer.alloc(0)),
  ),
  fc.uint8Array({ maxLength: 80 }).map((bytes) => message("d", Buffer.from(bytes))),
);

function pieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    found.push(bytes.subarray(at, at + size));
    at += size;
  }
  return found;
}

function read(chunks: readonly Buffer[]): void {
  const watch = new MessageWatch(limit);
  for (const chunk of chunks) watch.read(chunk);
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

test("what a server may send passes, however it is cut into pieces", () => {
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 20 }), sizes, (messages, cut) => {
      expect(() => read(pieces(Buffer.concat(messages), cut))).not.toThrow();
    }),
  );
});

const count = (fields: number): Buffer => Buffer.from([fields >> 8, fields & 0xff]);

test.each([
  { title: "a report without its end", bytes: message("E", Buffer.from("S")) },
  { title: "a report whose last field doesn't end", bytes: message("N", Buffer.from("SERROR\0Mlong")) },
  { title: "a report with something behind its end", bytes: message("E", Buffer.from("SERROR\0\0x")) },
  { title: "a report of megabytes", bytes: message("E", Buffer.alloc(0), 70_000) },
  { title: "a row of a negative count", bytes: message("D", count(0x8000)) },
  { title: "a row of more fields than it has", bytes: message("D", count(3)) },
  { title: "a row that isn't there", bytes: message("D", Buffer.alloc(0)) },
  { title: "a field of a negative length", bytes: message("D", Buffer.from([0, 1, 0xff, 0xff, 0xff, 0xf0])) },
  { title: "a field longer than its row", bytes: message("D", Buffer.from([0, 1, 0, 0, 0, 9, 65])) },
  { title: "a row longer than its fields", bytes: message("D", Buffer.from([0, 0, 65])) },
  { title: "a message shorter than its own length", bytes: message("T", Buffer.alloc(0), 3) },
  { title: "a message of gigabytes", bytes: message("T", Buffer.alloc(0), 0xff_ff_ff_ff) },
])("$title is refused, however it is cut into pieces", ({ bytes }) => {
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 3 }), sizes, (before, cut) => {
      expect(() => read(pieces(Buffer.concat([...before, bytes]), cut))).toThrow(/^a (message|report|row)/);
    }),
  );
});

test("more than was expected is refused, and an expectation begins anew", () => {
  const watch = new MessageWatch(100);
  watch.read(message("d", Buffer.alloc(80)));
  watch.expect(200);
  watch.read(message("d", Buffer.alloc(150)));
  expect(() => watch.read(message("d", Buffer.alloc(80)))).toThrow("more than 200 bytes");
});

test.each(["D", "d"])(
  "a row (%s) may be as large as the answer that is asked for, and says so where it is larger",
  (code) => {
    const large = message(code, Buffer.alloc(0), 20 * 1_048_576);
    const asked = new MessageWatch(limit);
    asked.expect(128 * 1_048_576);
    asked.read(large);
    for (const most of [limit, 18 * 1_048_576]) {
      const watch = new MessageWatch(most);
      expect(() => watch.read(large)).toThrow("a row of 20971520 bytes");
    }
    const largest = new MessageWatch(1_073_741_824);
    expect(() => largest.read(message(code, Buffer.alloc(0), 300 * 1_048_576))).toThrow("a row of 314572800 bytes");
  },
);
