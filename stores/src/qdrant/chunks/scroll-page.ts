// A page of a scroll into columns, straight from its text. Members may come in any order.
import type { ChunkPage } from "#chunks/chunk-page.ts";
import { canonicalName, type DigestRules, digestPayload } from "#chunks/payload-digest.ts";
import { type ChunkFields, type FieldPath, metadataPath } from "#config/chunk-fields.ts";
import { RetrieverError } from "#errors.ts";
import { oddMoments } from "#ports/chunk-store.ts";
import { epochUnitOf } from "#values/epoch.ts";
import { numberOf, parseExact } from "#values/exact-json.ts";
import { valueAt } from "#values/member-path.ts";
import { numberText } from "#values/same-value.ts";
import { epochMs, readMoment } from "#values/time.ts";
import { invalidAnswer, member } from "../client/answers.ts";
import { JsonWalk } from "./json-walk.ts";
import { momentIn } from "./moment-text.ts";
import { PlainPoints, plainKeys, plainPointsIn, scrollHead } from "./plain-point.ts";

/** Where a payload holds what is read of it. */
type PointPlaces = Pick<ChunkFields, "id" | "entity" | "namespace" | "updatedAt"> & {
  /** The agreed fields, in their order. */
  readonly agreed: readonly FieldPath[];
};

/** The places in the collection's payloads, those of the agreed fields by their names. */
export function placesOf({ fields }: { readonly fields: ChunkFields }, names: readonly string[]): PointPlaces {
  return { ...fields, agreed: names.map((name) => metadataPath(fields, name)) };
}

type PointFields = {
  readonly places: PointPlaces;
  readonly rules?: DigestRules;
  /** Undefined: the unnamed vector. */
  readonly vectorName: string | undefined;
};
/** Called after each point is in the page; `pointId` as JSON prints it, without quotes. */
type OnPoint = (namespace: string | null, pointId: string) => void;

/** Fills the page; the raw JSON of the next page's offset, null at the end. Throws RETR_BACKEND_ANSWER_INVALID. */
export function readScroll(answer: Buffer, page: ChunkPage, fields: PointFields, onPoint?: OnPoint): string | null {
  const isPlain = onPoint === undefined && page.payloadDigests === null;
  const keys = isPlain ? plainKeysOf(fields.places) : null;
  const readTo = keys === null ? 0 : new PlainPoints(answer, keys).readAll(page);
  // What is left of the answer, as an answer.
  const text = readTo === 0 ? answer.toString() : `${scrollHead}${answer.toString("utf8", readTo)}`;
  const walk = new JsonWalk(text);
  const plain = keys === null ? null : plainPointsIn(text, keys);
  const point = new PointReader(walk, page, { ...fields, plain });
  let next: string | null | undefined;
  walk.members((name) => {
    if (name !== "result" || !walk.isObject()) return walk.skip();
    walk.members((inner) => {
      if (inner === "points") return walk.elements(() => point.read(onPoint));
      if (inner !== "next_page_offset") return walk.skip();
      const from = walk.at;
      walk.skip();
      const raw = text.slice(from, walk.at).trim();
      next = raw === "null" ? null : raw;
    });
  });
  if (next !== undefined) return next;
  throw invalidAnswer("points and next_page_offset");
}

const absent = -1;
const dot = 46;

function plainKeysOf({ id, updatedAt }: PointPlaces) {
  const key = keyIn(id);
  return key !== null && !isWithin(updatedAt) ? plainKeys(key, keyIn(updatedAt)) : null;
}

/** Reads point after point; what was seen of the current one is noted by place. */
class PointReader {
  readonly #walk: JsonWalk;
  readonly #page: ChunkPage;
  readonly #fields: PointFields;
  #id = absent;
  #idEnd = absent;
  #chunkId: string | null = null;
  #chunkAt = absent;
  #chunkEnd = absent;
  #updatedAtMs = Number.NaN;
  #payload: Readonly<Record<string, unknown>> | null = null;
  #vector: unknown = null;
  #fraction: string | null = null;
  #isParsed = false;
  /** Of what stands in the payload itself; null: nothing does, or it is further within. */
  readonly #idKey: string | null;
  readonly #momentKey: string | null;
  /** The walk's text by its bytes; null: no point of it may be read by them. */
  readonly #plain: PlainPoints | null;

  constructor(
    walk: JsonWalk,
    page: ChunkPage,
    { plain, ...fields }: PointFields & { readonly plain: PlainPoints | null },
  ) {
    this.#plain = plain;
    this.#walk = walk;
    this.#page = page;
    this.#fields = fields;
    const { id, updatedAt } = fields.places;
    this.#idKey = keyIn(id);
    this.#momentKey = keyIn(updatedAt);
  }

  read(onPoint: OnPoint | undefined): void {
    if (this.#plain !== null) {
      this.#walk.peek();
      const next = this.#plain.read(this.#walk.at, this.#page);
      if (next >= 0) {
        this.#walk.at = next;
        return;
      }
    }
    this.#id = absent;
    this.#chunkAt = absent;
    this.#chunkId = null;
    this.#fraction = null;
    this.#updatedAtMs = Number.NaN;
    this.#payload = null;
    this.#vector = null;
    const { id, updatedAt } = this.#fields.places;
    this.#isParsed = onPoint !== undefined || this.#page.payloadDigests !== null || isWithin(id) || isWithin(updatedAt);
    this.#walk.members(this.#onMember);
    if (isWithin(id)) this.#takeChunkId(valueAt(this.#payload, id));
    if (isWithin(updatedAt) && this.#page.isDated) this.#takeMoment(valueAt(this.#payload, updatedAt));
    this.#finish();
    onPoint?.(this.#namespace(), this.#pointId());
  }

  readonly #onMember = (name: string): void => {
    const walk = this.#walk;
    if (name === "id") {
      if (walk.isString()) walk.readString();
      else walk.readWord();
      [this.#id, this.#idEnd] = [walk.start, walk.end];
    } else if (name === "payload" && walk.isObject()) {
      const from = walk.at;
      walk.members(this.#onPayload);
      if (this.#isParsed) this.#payload = parseObject(walk.text.slice(from, walk.at));
    } else if (name === "vector" && this.#page.vectors !== null) {
      this.#vector = walk.readValue();
    } else walk.skip();
  };

  readonly #onPayload = (name: string): void => {
    const walk = this.#walk;
    if (name === this.#idKey) this.#readChunkId();
    else if (name === this.#momentKey && this.#page.isDated) this.#readUpdatedAt();
    else walk.skip();
  };

  #readUpdatedAt(): void {
    const walk = this.#walk;
    if (!walk.isString()) {
      const from = walk.at;
      walk.skip();
      this.#takeMoment(parseExact(walk.text.slice(from, walk.at)));
      return;
    }
    walk.readString();
    const plain = momentIn(walk.text, walk.start, walk.end);
    const time = Number.isNaN(plain) ? readMoment(walk.text.slice(walk.start, walk.end)) : plain;
    this.#updatedAtMs = Number.isNaN(time) ? oddMoments.unreadable : time;
    if (!Number.isNaN(time))
      this.#page.countWritten(walk.end - walk.start, digitsIn(walk.text, walk.start + 19, walk.end));
  }

  #takeMoment(value: unknown): void {
    if (value === undefined || value === null) return;
    const time = typeof value === "string" ? readMoment(value) : epochMs(numberOf(value));
    this.#updatedAtMs = Number.isNaN(time) ? oddMoments.unreadable : time;
    if (Number.isNaN(time)) return;
    if (typeof value === "string") this.#page.countWritten(value.length, digitsIn(value, 19, value.length));
    else this.#countNumber(numberOf(value));
  }

  /** A whole number holds its unit and nothing finer. */
  #countNumber(value: number): void {
    const digits = { second: 0, millisecond: 3, microsecond: 6 }[epochUnitOf(value)];
    if (Number.isInteger(value)) this.#page.countWritten(0, digits);
  }

  #takeChunkId(value: unknown): void {
    if (typeof value === "string") this.#chunkId = value;
    else this.#takeNumber(numberText(value) ?? "");
  }

  #takeNumber(raw: string): void {
    if (/^-?\d+$/.test(raw)) this.#chunkId = raw;
    else if (/^-?[\d.eE+-]+$/.test(raw)) this.#fraction = raw;
  }

  #readChunkId(): void {
    const walk = this.#walk;
    if (walk.isString()) {
      walk.readString();
      if (walk.isEscaped) this.#chunkId = JSON.parse(`"${walk.text.slice(walk.start, walk.end)}"`) as string;
      else [this.#chunkAt, this.#chunkEnd] = [walk.start, walk.end];
      return;
    }
    const from = walk.at;
    walk.skip();
    this.#takeNumber(walk.text.slice(from, walk.at).trim());
  }

  #pointId(): string {
    return this.#walk.text.slice(this.#id, this.#idEnd);
  }

  #finish(): void {
    const { text } = this.#walk;
    const page = this.#page;
    // No search finds it by its value, so that nothing could be said of it.
    if (this.#fraction !== null) throw refuse(this.#fields.places, this.#pointId(), this.#fraction);
    if (this.#chunkAt !== absent) page.addIdSlice(text, this.#chunkAt, this.#chunkEnd);
    else if (this.#chunkId !== null) page.addIdText(this.#chunkId);
    // As in retrieval: without a chunk id the point's own id stands for it.
    else if (this.#id !== absent) page.addIdSlice(text, this.#id, this.#idEnd);
    else throw invalidAnswer("points with ids");
    const row = page.count - 1;
    page.updatedAtMs[row] = this.#updatedAtMs;
    if (page.payloadDigests !== null) this.#digest(page.payloadDigests, row);
    if (page.vectors !== null) this.#takeVector(page.lastVector());
  }

  #digest(digests: Int32Array, row: number): void {
    const payload = this.#payload ?? {};
    const { places, rules } = this.#fields;
    const at = (path: FieldPath | null): unknown => (path === null ? null : valueAt(payload, path));
    const [first, second] = digestPayload(at(places.entity), at(places.namespace), places.agreed.map(at), rules);
    digests[row * 2] = first;
    digests[row * 2 + 1] = second;
  }

  #namespace(): string | null {
    const path = this.#fields.places.namespace;
    const value = path === null ? null : valueAt(this.#payload, path);
    return value === null || value === undefined ? null : canonicalName(value).slice(1);
  }

  #takeVector(target: Float32Array): void {
    const { vectorName } = this.#fields;
    // Beside others the unnamed one has the empty name.
    const numbers = member(this.#vector, vectorName ?? "") ?? (vectorName === undefined ? this.#vector : undefined);
    if (numbers === null || numbers === undefined || isEmpty(numbers)) return void target.fill(Number.NaN);
    // An infinite number comes as null, which would be read as 0.
    const isList = Array.isArray(numbers) && numbers.length === target.length;
    if (!isList || typeof numbers[0] !== "number" || numbers.includes(null))
      throw refuseVector(this.#pointId(), target.length);
    target.set(numbers as number[]);
  }
}

/** What stands in the place of the vectors of a point that has none. */
function isEmpty(vectors: unknown): boolean {
  return typeof vectors === "object" && vectors !== null && Object.keys(vectors).length === 0;
}

function refuseVector(pointId: string, length: number): RetrieverError {
  const message = `vector: expected ${length} finite numbers in every point of the collection, the point ${pointId} has something else; write it anew, or compare --level payload`;
  return new RetrieverError({ code: "RETR_VERIFY_NOT_COMPARABLE", message });
}

function refuse({ id }: PointPlaces, pointId: string, value: string): RetrieverError {
  const message =
    `${id?.join(".")}: expected text or a whole number of at most 64 bits in every point of the collection, the point ${pointId} ` +
    `has ${value.slice(0, 80)}; store it as text`;
  return new RetrieverError({ code: "RETR_VERIFY_NOT_COMPARABLE", message });
}

/** Digits of the fraction of a second that begins at `dotAt`, if one does. */
function digitsIn(text: string, dotAt: number, end: number): number {
  if (text.charCodeAt(dotAt) !== dot) return 0;
  let at = dotAt + 1;
  for (; at < end; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) break;
  }
  return at - dotAt - 1;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  return parseExact(text) as Readonly<Record<string, unknown>>;
}

/** The payload's own key that is the whole path. */
function keyIn(path: FieldPath | null): string | null {
  return path !== null && path.length === 1 ? path[0] : null;
}

function isWithin(path: FieldPath | null): path is FieldPath {
  return path !== null && path.length > 1;
}
