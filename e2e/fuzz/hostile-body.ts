// A grammar of hostile bodies: valid requests, requests that are wrong in one place, and bytes that only look like one.
// Every text that could end in a log carries a canary.
import fc from "fast-check";
import { filterText } from "./filter-grammar.ts";

/** The dimension of the collection that is asked. */
export const dimension = 8;
/** What must never appear in a log: in strings, and in digits of numbers. */
export const canaries = ["kanarie", "731337"] as const;
const [canary, canaryDigits] = canaries;

export type HostileBody = { readonly kind: string; readonly bytes: Buffer };

const digits = fc.nat({ max: 999_999 });
const goodNumber = fc.oneof(
  digits.map((n) => `0.${canaryDigits}${n}`),
  digits.map((n) => `-${n}.${canaryDigits}`),
  fc.constantFrom("0", "-0", "1e5", "1E-300", "1e-400", "2E+2", "3.4e38", `${canaryDigits}e-3`, "0.0e0"),
  fc.constant(`0.${"7".repeat(400)}`),
);
const badNumbers = [
  "NaN",
  "Infinity",
  "-Infinity",
  "01",
  "1.",
  "+1",
  ".5",
  "0x10",
  "1e",
  "--1",
  "1_000",
  "-",
  "１",
  "",
  "true",
  "null",
  '"1"',
  "{}",
  "[1]",
  "1 2",
  "1e400",
  "4e38",
  "9".repeat(40),
  "1e+",
  "0b1",
  "1n",
  "1//",
  "1/**/",
];
const badNumber = fc.constantFrom(...badNumbers);
const space = fc.constantFrom("", "", "", " ", "\n\t", "\r\n ");
const text = fc.oneof(
  fc.string({ maxLength: 12 }).map((each) => JSON.stringify(canary + each)),
  fc.string({ unit: "binary", maxLength: 12 }).map((each) => JSON.stringify(canary + each)),
  fc.constantFrom(
    '"\\ud800kanarie"',
    '"kanarie\\u0000"',
    '"\\u006banarie\\/"',
    '"kanarie\\","limit":9,"x":"\\""',
    '""',
  ),
  fc.constantFrom(256, 257, 1024, 1025).map((length) => JSON.stringify(canary.padEnd(length, "x"))),
);
const junk = fc.oneof(
  text,
  fc.constantFrom("null", "true", "[]", "{}", "0", "-1", "[[[]]]", '{"a":{"b":[1]}}', "1e999"),
  fc.integer({ min: 1, max: 3000 }).map((depth) => "[".repeat(depth) + "]".repeat(depth)),
);

function arrayOf(elements: readonly string[], between: string): string {
  return `[${between}${elements.join(`${between},${between}`)}${between}]`;
}

const sizes = fc.oneof(
  { weight: 12, arbitrary: fc.constant(dimension) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, dimension - 1, dimension + 1, 2048, 16_000, 16_001) },
);
const numbers = fc.tuple(sizes, goodNumber, goodNumber, space).map(([size, a, b, between]) =>
  arrayOf(
    Array.from({ length: size }, (_, index) => (index % 2 === 0 ? a : b)),
    between,
  ),
);
const spoiltNumbers = fc.tuple(fc.nat({ max: dimension - 1 }), badNumber, goodNumber).map(([place, bad, good]) =>
  arrayOf(
    Array.from({ length: dimension }, (_, index) => (index === place ? bad : good)),
    "",
  ),
);
const base64 = fc
  .tuple(
    fc.array(fc.float({ noDefaultInfinity: true }), { minLength: dimension, maxLength: dimension }),
    fc.nat({ max: 9 }),
  )
  .map(([values, twist]) => twistBase64(Buffer.from(Float32Array.from(values).buffer).toString("base64"), twist));

function twistBase64(good: string, twist: number): string {
  const twisted = [
    good.slice(0, -2),
    `${good}=`,
    good.replaceAll("+", "-"),
    ` ${good}`,
    `${good.slice(0, 9)}\\n${good.slice(9)}`,
    good.replaceAll("/", "\\/"),
    good.replace(/=+$/, ""),
  ];
  return `"${twisted[twist] ?? good}"`;
}

/** What would get out of the embedding's place, were it spliced without being understood. */
const injection = fc.constantFrom(
  '[1,2,3,4,5,6,7,8],"limit":9999',
  '[1,2,3,4,5,6,7,8]}{"query":[1]',
  "[1,2,3,4,5,6,7,8]]",
  "[[1,2,3,4,5,6,7,8]",
  '[1,2,3,4,5,6,7,8],"filter":{"must":[]},"x":[1]',
  '{"nearest":[1,2,3,4,5,6,7,8]}',
  '"731337","query":[1,2,3,4,5,6,7,8]',
  "[1,2,3,4,5,6,7,8]e9",
  "[1,2,3,4,5,6,7,8]/*",
  "[1,2,3,4,5,6,7,8],",
  "[,1,2,3,4,5,6,7,8]",
  "[1,2,3,4,5,6,7,8,]",
  "[1 ,2\u00a0,3,4,5,6,7,8]",
  '{"kanarie":{"recommend":{"positive":[1]}}}',
);

const goodK = fc.oneof(fc.integer({ min: 1, max: 1000 }).map(String), fc.constantFrom("1e1", "10.0", "1E+2"));
const badK = fc.constantFrom(
  "0",
  "-1",
  "1.5",
  "1001",
  "1e9",
  "1e308",
  "1e999",
  '"10"',
  "null",
  "true",
  "[]",
  "{}",
  "[10]",
  "9".repeat(30),
);
const fieldName = fc.constantFrom("lang", "lang", "pages", "kanarie_field", "a.b", "_x");
const badFieldName = fc.constantFrom(
  "",
  "__proto__",
  "constructor",
  "kanarie field",
  "a[]",
  "must",
  "x".repeat(200),
  "ü",
  '\\"',
);
const filterValue = fc.oneof(
  { weight: 5, arbitrary: text },
  { weight: 5, arbitrary: fc.constantFrom("true", "false", "0", "-0", "1.5", "9007199254740993", "1e-7", "731337") },
  { weight: 1, arbitrary: fc.constantFrom("1e999", "null", "[]", "{}") },
);
const filters = fc.oneof(
  { weight: 6, arbitrary: fc.array(fc.tuple(fieldName, filterValue), { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.array(fc.tuple(badFieldName, filterValue), { minLength: 1, maxLength: 2 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(32, 33).map((count) => Array.from({ length: count }, (_, i) => [`f${i}`, "1"] as const)),
  },
);
const filtersText = filters.map((list) => `{${list.map(([key, value]) => `"${key}":${value}`).join(",")}}`);

const include = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('["text"]', '["metadata"]', '["metadata","text"]', '["text","text"]', "[]") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '["kanarie"]',
      '["text","metadata","text"]',
      '"text"',
      '["lang"]',
      '[["text"]]',
      "[null]",
      '{"0":"text"}',
      '["te\\u0078t"]',
    ),
  },
);

const embeddingKey = fc.constantFrom(
  '"embedding"',
  '"embedding"',
  '"embedding"',
  '"\\u0065mbedding"',
  '"embeddin\\u0067"',
);
const strayKey = fc.constantFrom(
  '"query"',
  '"limit"',
  '"__proto__"',
  '"kanarie"',
  '"k"',
  '"embedding"',
  '"Embedding"',
  '"toJSON"',
);

/** In one request of three: what a base doesn't allow makes it a refused one. */
function sometimes(text: fc.Arbitrary<string>): fc.Arbitrary<string | null> {
  return fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: text });
}

type Member = readonly [key: string, value: string];
type Kinded = { readonly kind: string; readonly members: readonly Member[] };

/** A valid request or one that is wrong in the part that `kind` names. */
const members: fc.Arbitrary<Kinded> = fc
  .record({
    key: embeddingKey,
    embedding: fc.oneof(
      { weight: 8, arbitrary: numbers.map((value) => ["numbers", value] as const) },
      { weight: 3, arbitrary: spoiltNumbers.map((value) => ["a bad number", value] as const) },
      { weight: 2, arbitrary: base64.map((value) => ["base64", value] as const) },
      { weight: 2, arbitrary: injection.map((value) => ["injection", value] as const) },
      { weight: 2, arbitrary: junk.map((value) => ["another type", value] as const) },
    ),
    k: fc.oneof({ weight: 6, arbitrary: goodK }, { weight: 1, arbitrary: badK }),
    namespace: fc.option(fc.oneof({ weight: 12, arbitrary: text }, { weight: 1, arbitrary: junk }), { freq: 2 }),
    filters: fc.option(fc.oneof({ weight: 12, arbitrary: filtersText }, { weight: 1, arbitrary: junk }), { freq: 2 }),
    filter: sometimes(filterText),
    include: sometimes(include),
    stray: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.tuple(strayKey, junk) }),
    turn: fc.nat({ max: 4 }),
  })
  .map(({ key, embedding: [kind, embedding], k, namespace, filters, filter, include: shown, stray, turn }) => {
    const list: Member[] = [
      [key, embedding],
      ['"k"', k],
    ];
    if (namespace !== null) list.push(['"namespace"', namespace]);
    if (filters !== null) list.push(['"filters"', filters]);
    if (filter !== null) list.push(['"filter"', filter]);
    if (shown !== null) list.push(['"include"', shown]);
    if (stray !== null) list.push(stray);
    return { kind: stray === null ? kind : "a stray member", members: [...list.slice(turn), ...list.slice(0, turn)] };
  });

const documents = fc.tuple(members, space).map(([{ kind, members: list }, between]) => {
  const inner = list.map(([key, value]) => `${between}${key}${between}:${between}${value}`).join(",");
  return { kind, bytes: Buffer.from(`{${inner}${between}}`) };
});

const wrapped = fc
  .tuple(
    documents,
    fc.constantFrom<(body: Buffer) => Buffer>(
      (body) => Buffer.concat([body, body]),
      (body) => Buffer.concat([Buffer.from("["), body, Buffer.from("]")]),
      (body) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]),
      (body) => Buffer.from(body.toString(), "utf16le"),
      (body) => Buffer.concat([body, Buffer.from([0])]),
      (body) => Buffer.concat([Buffer.from(" \n"), body, Buffer.from("\n\n")]),
      (body) => Buffer.from(JSON.stringify(body.toString())),
      () => Buffer.alloc(0),
    ),
  )
  .map(([{ bytes }, wrap]) => ({ kind: "an odd document", bytes: wrap(bytes) }));

const mutated = fc
  .tuple(
    documents,
    fc.nat(),
    fc.constantFrom("truncate", "flip", "drop", "insert"),
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
  )
  .map(([{ bytes }, at, how, random]) => ({
    kind: `bytes: ${how}`,
    bytes: mutate(bytes, at % (bytes.length + 1), how, random),
  }));

function mutate(bytes: Buffer, at: number, how: string, random: Uint8Array): Buffer {
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  if (how === "truncate") return before;
  if (how === "drop") return Buffer.concat([before, after.subarray(1)]);
  if (how === "insert") return Buffer.concat([before, random, after]);
  return Buffer.concat([before, random.subarray(0, 1), after.subarray(1)]);
}

/** All of it, mixed. */
export const hostileBodies: fc.Arbitrary<HostileBody> = fc.oneof(
  { weight: 14, arbitrary: documents },
  { weight: 2, arbitrary: wrapped },
  { weight: 5, arbitrary: mutated },
);
