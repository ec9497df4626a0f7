// Values that a JSON schema admits, its bounds above all, and documents that are nearly what they should be. Seeded, and
// made by hand: a library that can shrink its values takes ten times as long for each.
import { z } from "zod";

type Node = z.core.JSONSchema.BaseSchema;
/** 0 included, 1 excluded. */
export type Random = () => number;
type Make = (random: Random) => unknown;

/** mulberry32: the same for the same seed, on every machine. */
export function makeRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function oneOf<T>(random: Random, all: readonly T[]): T {
  return all[Math.floor(random() * all.length)] as T;
}

/** Maker of values that parse; one that breaks a refinement or a pattern is made anew. */
export function valuesOf<T>(schema: z.ZodType<T>): (random: Random) => T {
  const make = makerOf(z.toJSONSchema(schema, { io: "output" }));
  return (random) => {
    let fault = "";
    for (let turn = 0; turn < 200; turn += 1) {
      const parsed = schema.safeParse(make(random));
      if (parsed.success) return parsed.data;
      fault = parsed.error.message;
    }
    throw new Error(`no value of the schema in 200 turns: ${fault.slice(0, 500)}`);
  };
}

function makerOf(node: Node | boolean): Make {
  if (typeof node === "boolean") throw new TypeError("a schema without a shape");
  if (node.anyOf !== undefined) return anyOf(node.anyOf.map(makerOf));
  if (node.enum !== undefined) return anyOf(node.enum.map((value) => () => value));
  if (node.const !== undefined) return () => node.const;
  if (Array.isArray(node.type)) return anyOf(node.type.map((type) => makerOf({ ...node, type })));
  if (node.type === "object") return objects(node);
  if (node.type === "array") return arrays(node);
  if (node.type === "integer" || node.type === "number") return numbers(node);
  if (node.type === "string") return strings(node);
  if (node.type === "boolean") return (random) => random() < 0.5;
  if (node.type === "null") return () => null;
  throw new TypeError(`no values of ${String(node.type)}`);
}

function anyOf(makers: readonly Make[]): Make {
  return (random) => oneOf(random, makers)(random);
}

function objects({ properties = {}, required = [] }: Node): Make {
  const fields = Object.entries(properties).map(
    ([key, inner]) => [key, makerOf(inner), required.includes(key)] as const,
  );
  return (random) =>
    Object.fromEntries(
      fields.flatMap(([key, make, isRequired]) => (isRequired || random() < 0.7 ? [[key, make(random)]] : [])),
    );
}

function arrays({ minItems = 0, maxItems = 4, items }: Node): Make {
  const make = makerOf(items as Node);
  return (random) => {
    // Seldom as many as there may be.
    const most = random() < 0.01 ? maxItems : Math.max(minItems, Math.min(3, maxItems));
    const length = minItems + Math.floor(random() * (most - minItems + 1));
    return Array.from({ length }, () => make(random));
  };
}

function numbers({ type, minimum = -1e15, maximum = 1e15, multipleOf }: Node): Make {
  const step = multipleOf ?? (type === "integer" ? 1 : undefined);
  const fit = (value: number): number => (step === undefined ? value : Math.round(value / step) * step);
  const bounded = (value: number): number => fit(Math.min(maximum, Math.max(minimum, value)));
  const odd = [minimum, maximum, 0, 1, -1, 10, 5e-324, 1e-9, 0.1, 2 ** 31, 2 ** 53, 1e15];
  return (random) => {
    const draw = random();
    if (draw < 0.4) return bounded(oneOf(random, odd));
    if (draw < 0.6) return bounded(random() * 100);
    // Of any order of magnitude.
    return bounded(10 ** (random() * 16) - 1);
  };
}

/** What breaks terminals, dates, prototypes and pages. */
export const oddWords = [
  "",
  "x",
  " ",
  "migration-1",
  "uid-pod-1",
  "__proto__",
  "constructor",
  "\u001b[2J\u001b]0;title\u0007",
  "a\r\nb\u0000c",
  "\u202Eevil",
  "<script>alert(1)</script>",
  "`|*[x](javascript:1)",
  "\ud800",
  "-1",
  "1e400",
  "Infinity",
  "2999-01-01T00:00:00Z",
  "+275760-09-13T00:00:00.000Z",
  "-271821-04-20T00:00:00.000Z",
  "2026-03-01T12:00:00+99:99",
  "0000-00-00T00:00:00Z",
  "../../etc/passwd",
  "$&$`$'",
] as const;

function strings({ minLength = 0, maxLength = 100_000, pattern }: Node): Make {
  const isMatch = pattern === undefined ? () => true : (word: string) => new RegExp(pattern).test(word);
  const known = patterned(pattern);
  return (random) => {
    const draw = random();
    const word =
      draw < 0.1
        ? oneOf(random, ["z", "é", "\u0000", "😀", "x😀"]).repeat(maxLength)
        : draw < 0.7
          ? oneOf(random, oddWords)
          : letters(random);
    const fitted = word.slice(0, maxLength).padEnd(minLength, "0");
    return isMatch(fitted) ? fitted : known(random, maxLength);
  };
}

function letters(random: Random): string {
  return Array.from({ length: 1 + Math.floor(random() * 40) }, () =>
    String.fromCharCode(32 + Math.floor(random() * 95)),
  ).join("");
}

/** The patterns of the contract: hex digits of a length, or a word. */
function patterned(pattern = ""): (random: Random, maxLength: number) => string {
  const hex = /\[0-9a-f\]\{(\d+)\}/.exec(pattern)?.[1];
  if (hex !== undefined)
    return (random) => Array.from({ length: Number(hex) }, () => Math.floor(random() * 16).toString(16)).join("");
  if (pattern.includes("T")) return () => "2026-03-01T12:00:00.000Z";
  return (_, maxLength) => "word".slice(0, maxLength);
}

const oddValues: readonly Make[] = [
  () => null,
  (random) => random() < 0.5,
  (random) => oneOf(random, [0, -1, 1e308, 2 ** 53, 0.5, 70e-1, 2_000_000_000]),
  (random) => oneOf(random, oddWords),
  (random) => "y".repeat(Math.floor(random() * 5000)),
  (random) => `${"y".repeat(Math.floor(random() * 20))}${"😀".repeat(Math.floor(random() * 2000))}`,
  () => [],
  () => ({}),
  () => JSON.parse('{"__proto__":{"polluted":true}}') as unknown,
  () => nest(60),
];

function nest(depth: number): unknown {
  let inner: unknown = 1;
  for (let level = 0; level < depth; level += 1) inner = level % 2 === 0 ? [inner] : { a: inner };
  return inner;
}

/** A document of which a few values are others, missing, or there twice. */
export function mutated(document: unknown, random: Random, times = 1 + Math.floor(random() * 3)): unknown {
  let next = structuredClone(document);
  for (let turn = 0; turn < times; turn += 1) next = mutateOnce(next, random);
  return next;
}

function mutateOnce(value: unknown, random: Random): unknown {
  if (typeof value !== "object" || value === null || random() < 0.1) return oneOf(random, oddValues)(random);
  if (Array.isArray(value)) {
    const at = Math.floor(random() * value.length);
    if (value.length === 0 || random() < 0.1) return [...value, ...value, oneOf(random, oddValues)(random)];
    return value.map((one: unknown, index) => (index === at ? mutateOnce(one, random) : one));
  }
  const entries = Object.entries(value);
  const at = Math.floor(random() * entries.length);
  if (random() < 0.1) return { ...value, [oneOf(random, oddWords)]: oneOf(random, oddValues)(random) };
  if (random() < 0.15) return Object.fromEntries(entries.filter((_, index) => index !== at));
  return Object.fromEntries(entries.map(([key, one], index) => [key, index === at ? mutateOnce(one, random) : one]));
}

/** As text, now and then cut, doubled, or with a key twice. */
export function textOf(value: unknown, random: Random): string {
  const text = JSON.stringify(value) ?? "";
  const draw = random();
  if (draw < 0.6) return text;
  if (draw < 0.7) return text.slice(0, Math.floor(random() * text.length));
  if (draw < 0.8) return text.replace(/"epoch":\d+/, '"epoch":70e-1,"epoch":2000000000');
  if (draw < 0.9) return `${text}${text}`;
  return `${oneOf(random, oddWords)}${text}`;
}
