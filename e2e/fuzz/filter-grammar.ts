// Filters for the fuzz: the fields that its sidecar declares, filters that are right or wrong in one place, and an opinion
// of its own on which are right, by a schema instead of a parser.
import fc from "fast-check";
import { z } from "zod";

export const declared = {
  lang: "keyword",
  pages: "integer",
  "a.b": "float",
  ok: "boolean",
  at: "moment",
  tags: "text[]",
};

const integer = z.union([z.bigint(), z.custom((value) => Number.isSafeInteger(value))]);
const moment = z.custom((value) => {
  const day = /^(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})?)?$/.exec(
    String(value),
  )?.[1];
  return typeof value === "string" && day !== undefined && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
});
const text = z
  .string()
  .max(1024)
  .refine((value) => value.isWellFormed());
const values: Readonly<Record<string, z.ZodType>> = {
  lang: text,
  pages: integer,
  "a.b": z.union([z.bigint(), z.number()]),
  ok: z.boolean(),
  at: moment,
  tags: text,
};
const ranged = ["pages", "a.b", "at"];

function anyField(names: readonly string[], membersOf: (value: z.ZodType) => z.ZodRawShape): z.ZodType {
  return z.union(
    names.map((name) => z.strictObject({ field: z.literal(name), ...membersOf(values[name] ?? z.never()) })),
  );
}

const all = Object.keys(values);
const isOneSided = (body: object, a: string, b: string): boolean => !(Object.hasOwn(body, a) && Object.hasOwn(body, b));
const range = anyField(ranged, (value) => {
  const bound = value.optional();
  return { gt: bound, gte: bound, lt: bound, lte: bound };
}).refine((body) => {
  const given = body as object;
  return Object.keys(given).length > 1 && isOneSided(given, "gt", "gte") && isOneSided(given, "lt", "lte");
});
const filterSchema: z.ZodType = z.union([
  z.strictObject({ and: z.lazy(() => z.array(filterSchema).min(1)) }),
  z.strictObject({ or: z.lazy(() => z.array(filterSchema).min(1)) }),
  z.strictObject({ not: z.lazy(() => filterSchema) }),
  z.strictObject({ eq: anyField(all, (value) => ({ value })) }),
  z.strictObject({ in: anyField(all, (value) => ({ values: z.array(value) })) }),
  z.strictObject({ range }),
  z.strictObject({ exists: anyField(all, () => ({})) }),
  z.strictObject({ contains: anyField(["tags"], (value) => ({ value })) }),
]);

type Request = { readonly filters?: Readonly<Record<string, unknown>> | undefined; readonly filter?: unknown };

/** Whether a sidecar takes the filters of a request that is right otherwise; `declares`: whether its base declares fields. */
export function areFiltersRight({ filters = {}, filter }: Request, declares: boolean): boolean {
  if (!declares) return filter === undefined;
  const isFlatRight = Object.entries(filters).every(
    ([name, value]) => Object.hasOwn(values, name) && values[name]?.safeParse(value).success === true,
  );
  if (!isFlatRight || filter === undefined) return isFlatRight;
  return levelsOf(filter) <= 16 && partsOf(filter) <= 1024 && filterSchema.safeParse(filter).success;
}

function levelsOf(filter: unknown): number {
  const [inner] = Object.entries(Object(filter) as object).filter(([key]) => ["and", "or", "not"].includes(key));
  if (inner === undefined) return 0;
  const below: readonly unknown[] = Array.isArray(inner[1]) ? inner[1] : [inner[1]];
  return 1 + Math.max(0, ...below.map(levelsOf));
}

/** Operators and values. */
function partsOf(filter: unknown): number {
  const [[operator, body] = ["", undefined]] = Object.entries(Object(filter) as object) as [string, unknown][];
  if (operator === "and" || operator === "or") {
    return (Array.isArray(body) ? body : []).reduce<number>((sum, each) => sum + partsOf(each), 1);
  }
  if (operator === "not") return 1 + partsOf(body);
  const members = Object.entries(Object(body) as object).filter(([key]) => key !== "field");
  return members.reduce((sum, [, value]) => sum + (Array.isArray(value) ? value.length : 1), 1);
}

const goodValues: Readonly<Record<string, readonly string[]>> = {
  lang: ['"kanarie"', '""', '"\\u0000"', '"de\' OR 1=1 --"', '"kanarie\\ud83d\\ude00"'],
  pages: ["0", "-0", "731337", "10.0", "1e3", "9007199254740993", "9223372036854775807", "-9223372036854775808"],
  "a.b": ["0.5", "-1e-7", "731337.5", "9007199254740993", "1e300"],
  ok: ["true", "false"],
  at: ['"2026-01-02"', '"2026-01-02T03:04:05.678Z"', '"2024-02-29 03:04:05+02:00"'],
  tags: ['"kanarie"', '"a"'],
};
const badValue = fc.constantFrom(
  "null",
  "1.5",
  "1e999",
  "9223372036854775808",
  '"\\ud800"',
  '"2026-02-30"',
  "[]",
  "{}",
  '{"rawJSON":"1"}',
  `"${"x".repeat(1025)}"`,
);
const name = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...all) },
  { weight: 1, arbitrary: fc.constantFrom("nope", "__proto__", "constructor", "", "meta.x", 'lang"') },
);

function valueOf(field: string): fc.Arbitrary<string> {
  const good = fc.constantFrom(...(Object.hasOwn(goodValues, field) ? (goodValues[field] ?? []) : ["1"]));
  return fc.oneof({ weight: 20, arbitrary: good }, { weight: 1, arbitrary: badValue });
}

const condition = name.chain((field) => {
  const [key, value] = [JSON.stringify(field), valueOf(field)];
  const bound = fc
    .tuple(fc.constantFrom("gt", "gte", "lt", "lte"), value)
    .map(([bound, text]) => `,"${bound}":${text}`);
  return fc.oneof(
    value.map((text) => `{"eq":{"field":${key},"value":${text}}}`),
    fc.array(value, { maxLength: 4 }).map((list) => `{"in":{"field":${key},"values":[${list.join(",")}]}}`),
    fc.array(bound, { minLength: 1, maxLength: 2 }).map((bounds) => `{"range":{"field":${key}${bounds.join("")}}}`),
    fc.constant(`{"exists":{"field":${key}}}`),
    value.map((text) => `{"contains":{"field":${key},"value":${text}}}`),
  );
});
const { tree } = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    condition,
    tie("tree").map((inner) => `{"not":${inner}}`),
    fc
      .tuple(fc.constantFrom("and", "or"), fc.array(tie("tree"), { maxLength: 3 }))
      .map(([operator, list]) => `{"${operator}":[${list.join(",")}]}`),
  ),
}));
const exists = '{"exists":{"field":"ok"}}';
const atTheLimits = fc.constantFrom(
  ...[16, 17, 4000].map((depth) => `${'{"not":'.repeat(depth)}${exists}${"}".repeat(depth)}`),
  ...[1022, 1023, 1024].map((count) => `{"in":{"field":"pages","values":[${"1,".repeat(count)}1]}}`),
  `{"and":[${`${exists},`.repeat(1023)}${exists}]}`,
);
const wrong = fc.constantFrom(
  "7",
  "1.0",
  "[]",
  "{}",
  '{"must":[]}',
  '{"eq":1.0}',
  `{"not":${exists},"or":[]}`,
  `[${exists}]`,
);

/** JSON of `filter`, right or wrong. */
export const filterText: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: tree },
  { weight: 1, arbitrary: atTheLimits },
  { weight: 1, arbitrary: wrong },
);
