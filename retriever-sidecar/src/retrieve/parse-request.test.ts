import { RetrieverError } from "@retriever/stores/errors.ts";
import type { BackendRequest } from "@retriever/stores/ports/backend.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRequest } from "./parse-request.ts";

function parse(body: string): BackendRequest {
  return parseRequest(Buffer.from(body));
}

function refusal(body: string | Uint8Array): { code: string; path: string | undefined; message: string } | undefined {
  try {
    parseRequest(Buffer.from(body as string));
    return undefined;
  } catch (error) {
    if (!(error instanceof RetrieverError)) throw error;
    return { code: error.code, path: error.path, message: error.message };
  }
}

function decode(binary: Buffer): number[] {
  expect(binary.readUInt16BE(2)).toBe(0);
  return Array.from({ length: binary.readUInt16BE(0) }, (_, index) => binary.readFloatBE(4 + index * 4));
}

/** What JSON.parse makes of the body's embedding; undefined when it refuses the body. */
function embeddingOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { embedding: unknown }).embedding;
  } catch {
    return undefined;
  }
}

const vectors = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 40 });
const space = fc.constantFrom("", " ", "\n", "\t ", "\r\n");
const names = fc.constantFrom("embedding", "k", "namespace", "filters", '","k":2', "}", "\\");

test("any valid request reads as JSON.parse reads it, whatever the spaces, the order and the strings", () => {
  const envelope = fc.record({ k: fc.integer({ min: 1, max: 1000 }), namespace: names }, { requiredKeys: ["k"] });
  fc.assert(
    fc.property(vectors, envelope, fc.boolean(), space, (vector, rest, isFirst, gap) => {
      const document = isFirst ? { embedding: vector, ...rest } : { ...rest, embedding: vector };
      const body = JSON.stringify(document, null, gap === "" ? undefined : 1).replaceAll(",\n", `${gap},${gap}\n`);
      const request = parse(body);
      const expected = JSON.parse(body) as { embedding: number[]; k: number; namespace?: string };
      expect(request).toMatchObject({ ...rest, embedding: { dimension: vector.length } });
      expect(JSON.parse(Buffer.from(request.embedding.json()).toString())).toEqual(expected.embedding);
      expect(decode(request.embedding.binary())).toEqual(expected.embedding.map(Math.fround));
    }),
  );
});

test("base64 of float32 gives the same vector as numbers", () => {
  fc.assert(
    fc.property(vectors, (vector) => {
      const text = Buffer.from(Float32Array.from(vector).buffer).toString("base64");
      const request = parse(JSON.stringify({ embedding: text, k: 1 }));
      expect(decode(request.embedding.binary())).toEqual(vector.map(Math.fround));
      const printed = JSON.parse(Buffer.from(request.embedding.json()).toString()) as number[];
      expect(printed.map(Math.fround)).toEqual(vector.map((value) => value + 0));
      const unpadded = parse(JSON.stringify({ embedding: text.replace(/=+$/, ""), k: 1 }));
      expect(unpadded.embedding.binary()).toEqual(request.embedding.binary());
    }),
  );
});

test("whatever the bytes, a body is either what JSON.parse makes of it or refused as invalid", () => {
  const fragments = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    '"embedding"',
    '"k"',
    "1",
    "-",
    ".5",
    "e9",
    "NaN",
    " ",
    "0",
    "\\u0065",
  );
  const bodies = fc.oneof(
    fc.array(fragments, { maxLength: 14 }).map((parts) => parts.join("")),
    fc.array(fragments, { maxLength: 4 }).map((parts) => `{"embedding":[1,${parts.join("")}],"k":1}`),
    fc.array(fragments, { maxLength: 4 }).map((parts) => `{"k":1,"embedding":[1]${parts.join("")}}`),
  );
  fc.assert(
    fc.property(bodies, (body) => {
      const result = refusal(body)?.code ?? JSON.parse(Buffer.from(parse(body).embedding.json()).toString());
      expect(["RETR_REQUEST_INVALID", embeddingOf(body)]).toContainEqual(result);
    }),
    { numRuns: 3000 },
  );
});

const refused = [
  {
    title: "NaN",
    body: '{"embedding":[0.1,NaN],"k":1}',
    path: "embedding",
    message: /element 1: expected a finite number/,
  },
  { title: "Infinity", body: '{"embedding":[Infinity],"k":1}', path: "embedding", message: /element 0/ },
  { title: "null", body: '{"embedding":[1,null],"k":1}', path: "embedding", message: /element 1/ },
  { title: "a nested array", body: '{"embedding":[[1]],"k":1}', path: "embedding", message: /element 0/ },
  {
    title: "a number beyond float32",
    body: '{"embedding":[1e39],"k":1}',
    path: "embedding",
    message: /within float32/,
  },
  {
    title: "digits beyond float32",
    body: `{"embedding":[${"9".repeat(40)}],"k":1}`,
    path: "embedding",
    message: /within float32/,
  },
  { title: "a leading zero", body: '{"embedding":[01],"k":1}', path: "embedding", message: /element 0/ },
  { title: "a trailing comma", body: '{"embedding":[1,],"k":1}', path: "embedding", message: /element 1/ },
  {
    title: "an empty embedding",
    body: '{"embedding":[],"k":1}',
    path: "embedding",
    message: /1 to 16000 numbers, got 0/,
  },
  { title: "no embedding", body: '{"k":1}', path: "embedding", message: /got nothing/ },
  { title: "two embeddings", body: '{"embedding":[1],"embedding":[2],"k":1}', path: "embedding", message: /got two/ },
  {
    title: "a second embedding in disguise",
    body: '{"embedding":[1],"\\u0065mbedding":[2],"k":1}',
    path: "embedding",
    message: /got two/,
  },
  {
    title: "an object for an embedding",
    body: '{"embedding":{},"k":1}',
    path: "embedding",
    message: /array of numbers/,
  },
  { title: "text that isn't base64", body: '{"embedding":"not base64","k":1}', path: "embedding", message: /base64/ },
  { title: "base64 of half a float", body: '{"embedding":"AAA=","k":1}', path: "embedding", message: /base64/ },
  {
    title: "base64 in the URL's alphabet",
    body: '{"embedding":"_-___w==","k":1}',
    path: "embedding",
    message: /base64/,
  },
  {
    title: "base64 with stray last bits",
    body: '{"embedding":"AACAPx==","k":1}',
    path: "embedding",
    message: /base64/,
  },
  { title: "base64 of NaN", body: '{"embedding":"AADAfw==","k":1}', path: "embedding", message: /element 0/ },
  { title: "k of 0", body: '{"embedding":[1],"k":0}', path: "k", message: />=1/ },
  { title: "k of 1001", body: '{"embedding":[1],"k":1001}', path: "k", message: /<=1000/ },
  { title: "k of 1.5", body: '{"embedding":[1],"k":1.5}', path: "k", message: /int/ },
  { title: "an unknown member", body: '{"embedding":[1],"k":1,"limit":3}', path: "(root)", message: /limit/ },
  {
    title: "a filter of another type",
    body: '{"embedding":[1],"k":1,"filters":{"a":[1]}}',
    path: "filters.a",
    message: /filters.a/,
  },
  { title: "an array", body: "[1]", path: "(root)", message: /JSON object/ },
  { title: "nothing", body: "", path: "(root)", message: /JSON object/ },
  { title: "text behind the object", body: '{"embedding":[1],"k":1}x', path: "(root)", message: /valid JSON/ },
];

test.each(refused)("$title is refused at $path", ({ body, path, message }) => {
  expect(refusal(body)).toMatchObject({
    code: "RETR_REQUEST_INVALID",
    path,
    message: expect.stringMatching(message) as string,
  });
});

test("bytes that aren't UTF-8 are refused", () => {
  const body = Buffer.concat([
    Buffer.from('{"embedding":[1],"k":1,"namespace":"'),
    Buffer.from([0xff]),
    Buffer.from('"}'),
  ]);
  expect(refusal(body)?.message).toMatch(/UTF-8/);
});

test("a value of the embedding's size never becomes text of ours: Qdrant gets the very bytes", () => {
  const body = '{"k":3,"embedding":[ 1.50, -0.0,2E-3 ]}';
  expect(Buffer.from(parse(body).embedding.json()).toString()).toBe("[ 1.50, -0.0,2E-3 ]");
});

test.each([
  ["a broken escape", String.raw`{"embedding":"\u000","k":1}`],
  ["a control character beside an escape", '{"embedding":"\\/\u0001","k":1}'],
])("an embedding text with %s is the request's fault, with its path", (_, body) => {
  expect(refusal(body)).toMatchObject({ code: "RETR_REQUEST_INVALID", path: "embedding" });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  "base64 that holds %d is refused by its element",
  (value) => {
    const text = Buffer.from(Float32Array.of(1, value).buffer).toString("base64");
    expect(refusal(JSON.stringify({ embedding: text, k: 1 }))?.message).toContain("element 1");
  },
);

describe("filters", () => {
  const body = (members: string): Buffer => Buffer.from(`{"embedding":[1],"k":1,${members}}`);
  const typed = (members: string): BackendRequest =>
    parseRequest(body(members), null, { doc: "integer", lang: "keyword", score: "float" });

  test.each([
    ["9007199254740993", 9007199254740993n],
    ["-9223372036854775808", -(2n ** 63n)],
    ["9007199254740991", 9007199254740991],
    ["12.0", 12],
    ["1e3", 1000],
    ["1.5", 1.5],
    ["1e300", 1e300],
    ["18446744073709551616", 2 ** 64],
    ["true", true],
    ['"9007199254740993"', "9007199254740993"],
  ])("of %s keep every digit that 64 bits have, beside numbers of any spelling", (spelling, expected) => {
    const request = parseRequest(body(`"filters":{"doc":${spelling},"lang":"de"}`));
    expect(request.filters).toEqual({ doc: expected, lang: "de" });
    expect(request.filter).toBeUndefined();
  });

  test("of declared fields become one typed filter, the flat map first", () => {
    const request = typed('"filters":{"doc":9007199254740993},"filter":{"not":{"eq":{"field":"lang","value":"de"}}}');
    const doc = { name: "doc", type: "integer", isList: false };
    const lang = { name: "lang", type: "keyword", isList: false };
    expect(request.filters).toBeUndefined();
    expect(request.filter).toEqual({
      op: "and",
      of: [
        { op: "and", of: [{ op: "in", field: doc, values: [9007199254740993n] }] },
        { op: "not", of: { op: "in", field: lang, values: ["de"] } },
      ],
    });
  });

  test.each([
    ['"filters":{"pages":1}', "filters.pages"],
    ['"filters":{"doc":1.5}', "filters.doc"],
    [
      '"filter":{"or":[{"eq":{"field":"score","value":1}},{"range":{"field":"doc","gte":"1"}}]}',
      "filter.or[1].range.gte",
    ],
    [
      `"filter":${'{"not":'.repeat(9)}{"exists":{"field":"odd"}}${"}".repeat(9)}`,
      `filter${".not".repeat(9)}.exists.field`,
    ],
    [`"filter":${"[".repeat(60_000)}1.0${"]".repeat(60_000)}`, "(root)"],
    [`"filter":${"[".repeat(60_000)}1${"]".repeat(60_000)}`, "(root)"],
    ['"filter":7', "filter"],
  ])("with a fault are refused at its path", (members, path) => {
    expect(() => typed(members)).toThrow(expect.objectContaining({ code: "RETR_REQUEST_INVALID", path }));
  });

  test("are refused where the base declares no fields, but for the flat map", () => {
    const members = '"filter":{"exists":{"field":"lang"}}';
    expect(refusal(body(members))?.path).toBe("filter.exists.field");
  });

  test.each(['"namespace":"\\udc00x"', '"filters":{"a":"\\ud800"}'])(
    "and namespaces that are no Unicode are refused",
    (members) => {
      expect(refusal(body(members))?.message).toContain("expected text in valid Unicode");
    },
  );

  test("with too many values are refused, and with more than could be read in a moment unread", () => {
    const wide = (count: number): Buffer =>
      body(`"filter":{"in":{"field":"score","values":[${"1.0,".repeat(count)}1.0]}}`);
    const read = (count: number) => typed(wide(count).subarray(23, -1).toString());
    expect(() => read(2000)).toThrow(/at most 1024 operators and values/);
    expect(() => read(200_000)).toThrow(/at most 5000 values/);
  });
});

test.each([
  ["a filter named __proto__", '{"embedding":[1],"k":1,"filters":{"__proto__":"x"}}', "filters"],
  ["a control character in a namespace", '{"embedding":[1],"k":1,"namespace":"a\\u001b[2J"}', "namespace"],
])("%s is refused by its place", (_, body, path) => {
  expect(() => parseRequest(Buffer.from(body))).toThrow(
    expect.objectContaining({ code: "RETR_REQUEST_INVALID", path }),
  );
});

test.each([
  (name: string) => ({ embedding: [1], k: 1, [name]: 1 }),
  (name: string) => ({ embedding: [1], k: 1, filters: { [name]: 1 } }),
  (name: string) => ({ embedding: [1], k: 1, filter: { eq: { field: name, value: 1 } } }),
])("a name of 900 kB isn't echoed, nor what would move a terminal's cursor", (make) => {
  for (const filterable of [undefined, { lang: "keyword" } as const]) {
    let error: unknown;
    try {
      parseRequest(Buffer.from(JSON.stringify(make("\u001b[2J".repeat(225_000)))), null, filterable);
    } catch (thrown) {
      error = thrown;
    }
    const { message, path = "" } = error as RetrieverError;
    expect(message.length + path.length).toBeLessThan(2500);
    expect(message + path).not.toMatch(/\p{Cc}/u);
  }
});
