// Types of agreed fields: a value as the column takes it and as an application copies it, its nearest neighbour, and a
// payload that means the same to people and isn't found by the same filter. Pure.
import { rawJson } from "#support/raw-json.ts";

export type ValueType = {
  readonly name: string;
  readonly column: string;
  readonly good: readonly [sql: string, payload: unknown];
  readonly changed: readonly [sql: string, payload: unknown];
  readonly retyped: unknown;
};

const long = "x".repeat(1023);
const uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
const big = "1639887574359322625";

export const valueTypes: readonly ValueType[] = [
  { name: "int", column: "int", good: ["2024", 2024], changed: ["2025", 2025], retyped: rawJson("2024.0") },
  {
    name: "bigint",
    column: "bigint",
    good: [big, rawJson(big)],
    changed: ["1639887574359322626", rawJson("1639887574359322626")],
    retyped: big,
  },
  {
    name: "negative_bigint",
    column: "bigint",
    good: ["-9007199254740993", rawJson("-9007199254740993")],
    changed: ["-9007199254740992", rawJson("-9007199254740992")],
    retyped: "-9007199254740993",
  },
  {
    name: "whole_numeric",
    column: "numeric(10,2)",
    good: ["12.00", 12],
    changed: ["12.01", 12.01],
    retyped: "12",
  },
  {
    name: "whole_decimal",
    column: "numeric",
    good: ["100", rawJson("100.0")],
    changed: ["100.5", 100.5],
    retyped: "100",
  },
  {
    name: "whole_double",
    column: "double precision",
    good: ["100", rawJson("100.0")],
    changed: ["100.5", 100.5],
    retyped: "100",
  },
  {
    name: "whole_json",
    column: "jsonb",
    good: ["'100'", rawJson("100.0")],
    changed: ["'100.5'", 100.5],
    retyped: "100",
  },
  {
    name: "numeric",
    column: "numeric",
    good: ["0.1234567890123", 0.1234567890123],
    changed: ["0.1234567890124", 0.1234567890124],
    retyped: "0.1234567890123",
  },
  {
    name: "real",
    column: "real",
    good: ["0.1", 0.10000000149011612],
    changed: ["0.10000001", 0.10000000894069672],
    retyped: "0.1",
  },
  {
    name: "double",
    column: "double precision",
    good: ["0.1", 0.1],
    changed: ["0.10000000000000002", 0.10000000000000002],
    retyped: "0.1",
  },
  {
    name: "text",
    column: "text",
    good: ["'käse 識'", "käse 識"],
    changed: ["'käse 識 '", "käse 識 "],
    retyped: ["käse 識"],
  },
  { name: "text_of_digits", column: "text", good: ["'007'", "007"], changed: ["'7'", "7"], retyped: 7 },
  { name: "padded", column: "char(8)", good: ["'ab'", "ab"], changed: ["'ab c'", "ab c"], retyped: "ab      " },
  { name: "bool", column: "bool", good: ["true", true], changed: ["false", false], retyped: "true" },
  {
    name: "moment",
    column: "timestamptz",
    good: ["'2026-01-31 12:00:00.500001+02'", "2026-01-31T10:00:00.500001Z"],
    changed: ["'2026-01-31 12:00:00.500002+02'", "2026-01-31T10:00:00.500002Z"],
    retyped: 1_769_853_600_500,
  },
  {
    name: "seconds",
    column: "timestamp(0)",
    good: ["'2026-01-31 10:00:00.5'", "2026-01-31T10:00:00.500Z"],
    changed: ["'2026-01-31 10:00:00.4'", "2026-01-31T10:00:00.400Z"],
    retyped: 1_769_853_601,
  },
  {
    name: "day",
    column: "date",
    good: ["'2026-01-31'", "2026-01-31T23:59:59.999Z"],
    changed: ["'2026-02-01'", "2026-02-01"],
    retyped: 20_260_131,
  },
  {
    name: "uuid",
    column: "uuid",
    good: [`'${uuid}'`, uuid],
    changed: ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12"],
    retyped: uuid.toUpperCase(),
  },
  { name: "list", column: "text[]", good: ["'{a,b}'", ["a", "b"]], changed: ["'{b,a}'", ["b", "a"]], retyped: "a" },
  {
    name: "object",
    column: "jsonb",
    good: [`'{"a":{"b":1}}'`, { a: { b: 1 } }],
    changed: [`'{"a":{"b":2}}'`, { a: { b: 2 } }],
    retyped: '{"a":{"b":1}}',
  },
  {
    name: "long_text",
    column: "text",
    good: [`'${long}a'`, `${long}a`],
    changed: [`'${long}b'`, `${long}b`],
    retyped: null,
  },
  { name: "nothing", column: "int", good: ["NULL", null], changed: ["0", 0], retyped: "" },
];
