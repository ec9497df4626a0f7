// What the forms of a query vector cost, in CPU microseconds: for the benchmark, which starts this as a process.
// Base64 goes the product's way, from the bytes to what pgvector gets; numbers are parsed and printed as anybody would.
import { embeddingFromBase64 } from "#embedding/embedding.ts";

/** So many that their numbers don't fit V8's cache of numbers' texts, which would flatter whoever prints them. */
const vectorCount = 512;
const dimension = 768;
/** Vectors a turn: long against the clock's steps, short against what disturbs the machine. */
const turnSize = 64;

type Form = { readonly bodies: readonly Buffer[]; readonly work: (body: Buffer) => number };
type Costs = { readonly numbersMicros: number; readonly base64Micros: number };

const vectors = Array.from({ length: vectorCount }, () =>
  Float32Array.from({ length: dimension }, () => Math.random() - 0.5),
);
const numbers: Form = {
  bodies: vectors.map((vector) => Buffer.from(JSON.stringify([...vector]))),
  work: (body) => JSON.stringify(JSON.parse(body.toString())).length,
};
const base64: Form = {
  bodies: vectors.map((vector) => Buffer.from(Buffer.from(vector.buffer).toString("base64"))),
  work: (body) => embeddingFromBase64(body.toString("latin1")).binary().length,
};

/** Every vector once in each form, turn by turn, so that what disturbs one form disturbs the other. */
function measure(): Costs {
  const spent = { numbers: 0, base64: 0 };
  for (let from = 0; from < vectorCount; from += turnSize) {
    spent.numbers += turn(numbers, from);
    spent.base64 += turn(base64, from);
  }
  return { numbersMicros: spent.numbers / vectorCount, base64Micros: spent.base64 / vectorCount };
}

function turn({ bodies, work }: Form, from: number): number {
  const before = process.cpuUsage();
  let length = 0;
  for (const body of bodies.slice(from, from + turnSize)) length += work(body);
  const { user, system } = process.cpuUsage(before);
  if (length === 0) throw new Error("nothing was made");
  return user + system;
}

process.on("message", () => process.send?.(measure()));
process.once("disconnect", () => process.exit(0));
// Both forms warm, as a process that serves is.
for (let round = 0; round < 10; round += 1) measure();
process.stdout.write('{"ready":"yes"}\n');
