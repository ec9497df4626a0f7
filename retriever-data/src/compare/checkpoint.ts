// A run's state as bytes and back: a head in JSON, the table, the ids to be named, and a digest of it all.
import { createHash } from "node:crypto";
import { verifyReportSchema } from "@retriever/sidecar/contract/verify-report.ts";
import { errorsOf } from "@retriever/stores/errors.ts";
import { momentPrecisions } from "@retriever/stores/ports/chunk-store.ts";
import { z } from "zod";
import { beginRun, type RunState, runSteps } from "#core/run-state.ts";
import { sketchOf, sumsOf } from "#core/sketch.ts";

const refuse = errorsOf("RETR_VERIFY_CHECKPOINT_INVALID");

const magic = Buffer.from("retriever-verify 3\n");
const digestBytes = 32;

const count = z.int().min(0);
const sideSchema = z.strictObject({ cursor: z.string().nullable(), isDone: z.boolean() });
const momentsSchema = z.strictObject({ milliseconds: count, seconds: count, days: count });
const totalsSchema = z.strictObject({
  read: count,
  dated: count,
  newestMs: z.number().nullable(),
  coarse: momentsSchema,
  odd: momentsSchema,
});
const doubledSchema = z.strictObject({ count, ids: z.array(z.string()) });
const bothOf = <T extends z.ZodType>(schema: T) => z.strictObject({ source: schema, destination: schema });

const headSchema = z.strictObject({
  /** Stores, fields and scope of the run. Another run must not resume from it. */
  runKey: z.string(),
  scope: verifyReportSchema.shape.scope,
  startedAtMs: z.number(),
  seed: z.tuple([z.int(), z.int()]),
  cells: z.int().min(3).max(10_000_000),
  step: z.enum(runSteps),
  part: count,
  parts: z.int().min(1),
  lastPart: count,
  momentPrecision: z.enum(momentPrecisions),
  roundsMoments: z.boolean().default(false),
  isTruncated: z.boolean(),
  sides: bothOf(sideSchema),
  totals: bothOf(totalsSchema),
  doubled: bothOf(doubledSchema),
  /** A checkpoint of an older version has none: what the run goes on with counts. */
  places: bothOf(z.string().nullable()).default({ source: null, destination: null }),
  suspects: z.array(z.string()),
  /** Words of the table with its samples, and of the ids to be named. */
  lengths: z.strictObject({ sums: count, source: count, destination: count }),
});
type Head = z.infer<typeof headSchema>;

/** The state as it is now, of the run that `runKey` names. */
export function encodeCheckpoint(state: RunState, runKey: string): Buffer {
  const { sketch, wanted, sides, totals, seed, ...rest } = state;
  const sums = sumsOf(sketch);
  const { source, destination } = wanted;
  const lengths = { sums: sums.length, source: source.length, destination: destination.length };
  const head: Head = { ...rest, runKey, sides, totals, seed: [...seed], lengths };
  const json = Buffer.from(JSON.stringify(head));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(json.length);
  const body = [magic, size, json, ...[sums, source, destination].map(bytesOf)];
  return Buffer.concat([...body, digestOf(body)]);
}

/** Throws RETR_VERIFY_CHECKPOINT_INVALID for a damaged one and for one of another run. */
export function decodeCheckpoint(bytes: Buffer, runKey: string): RunState {
  const body = bytes.subarray(0, -digestBytes);
  const jsonAt = magic.length + 4;
  const isWhole =
    bytes.length > jsonAt + digestBytes &&
    bytes.subarray(0, magic.length).equals(magic) &&
    digestOf([body]).equals(bytes.subarray(-digestBytes));
  if (!isWhole) throw refuse("the checkpoint is damaged, or of another version");
  const wordsAt = jsonAt + body.readUInt32LE(magic.length);
  const head = headSchema.safeParse(JSON.parse(body.toString("utf8", jsonAt, wordsAt)));
  if (!head.success) throw refuse("the checkpoint is of another version");
  if (head.data.runKey !== runKey) throw refuse("the checkpoint is of a run with other options, fields or stores");
  return restore(head.data, body.subarray(wordsAt));
}

function restore({ runKey: _runKey, lengths, seed, ...head }: Head, bytes: Buffer): RunState {
  const words = new Int32Array(lengths.sums + lengths.source + lengths.destination);
  if (bytes.length !== words.byteLength) throw refuse("the checkpoint is damaged");
  Buffer.from(words.buffer).set(bytes);
  const sketch = sketchOf(head.cells, words.subarray(0, lengths.sums));
  if (sketch === undefined) throw refuse("the checkpoint is of another version");
  const destinationAt = lengths.sums + lengths.source;
  const wanted = { source: words.slice(lengths.sums, destinationAt), destination: words.slice(destinationAt) };
  const [first, second] = seed;
  return { ...beginRun({ ...head, seed: [first, second] }), ...head, seed: [first, second], sketch, wanted };
}

function bytesOf(words: Int32Array): Buffer {
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength);
}

function digestOf(parts: readonly Buffer[]): Buffer {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return digest.digest();
}
