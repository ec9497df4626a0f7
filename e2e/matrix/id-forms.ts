// Forms that chunk ids have in a column and in a collection of the same chunks. Pure.
import { hash } from "node:crypto";
import { rawJson } from "@retriever/stores/values/exact-json.ts";
import { pointIdOf } from "#stores/qdrant-rest.ts";

export type IdForm = {
  readonly name: string;
  readonly column: string;
  /** As the column prints it. */
  readonly idOf: (index: number) => string;
  /** What the payload says; undefined: the point's own id is the chunk's. */
  readonly payloadOf?: (id: string) => unknown;
  readonly pointIdOf: (id: string) => unknown;
};

const first = 1_639_887_574_359_322_625n;

function uuidOf(index: number): string {
  const digits = hash("md5", `chunk ${index}`);
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
    "-",
  );
}

const asText = { payloadOf: (id: string): unknown => id, pointIdOf };
const asNumber = { payloadOf: (id: string): unknown => rawJson(id), pointIdOf };
const bigint = (index: number): string => String(first + BigInt(index));
const negative = (index: number): string => String(-first - BigInt(index));

export const idForms: readonly IdForm[] = [
  { name: "text", column: "text", idOf: (index) => `chunk-${index}`, ...asText },
  { name: "text of digits", column: "text", idOf: (index) => `00${index}`, ...asText },
  { name: "unicode and quotes", column: "text", idOf: (index) => `\uFEFF識'"\\ é${index}😀`, ...asText },
  { name: "1 kB of text", column: "text", idOf: (index) => `${index}-${"x".repeat(1020)}`, ...asText },
  { name: "varchar", column: "varchar(40)", idOf: (index) => `chunk ${index} `, ...asText },
  { name: "char(36)", column: "char(36)", idOf: uuidOf, ...asText },
  { name: "char(12), shorter ids", column: "char(12)", idOf: (index) => `c${index}`, ...asText },
  { name: "bigint, text in payloads", column: "bigint", idOf: bigint, ...asText },
  { name: "bigint, numbers in payloads", column: "bigint", idOf: bigint, ...asNumber },
  { name: "negative bigint, numbers", column: "bigint", idOf: negative, ...asNumber },
  { name: "text, numbers in payloads", column: "text", idOf: bigint, ...asNumber },
  { name: "bigint, ids of points", column: "bigint", idOf: bigint, pointIdOf: (id) => rawJson(id) },
  { name: "numeric(12,2), text", column: "numeric(12,2)", idOf: (index) => `${index}.50`, ...asText },
  { name: "uuid, text", column: "uuid", idOf: uuidOf, ...asText },
  { name: "uuid, ids of points", column: "uuid", idOf: uuidOf, pointIdOf: (id) => id },
  { name: "upper-case UUIDs as text", column: "text", idOf: (index) => uuidOf(index).toUpperCase(), ...asText },
];
