// Rows and filters drawn from the values of the fields, the same for the same seed.
import { makeRandom, type Random } from "#support/random.ts";
import { fields } from "./fields.ts";

type Payload = Record<string, unknown>;

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

/** Payloads as Qdrant holds them; a table takes the same JSON by its columns. */
export function makeRows(count: number, seed: number): Payload[] {
  const random = makeRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const row: Payload = { chunk_id: `c${index}`, entity_id: "e", updated_at: "2026-01-01T00:00:00Z" };
    for (const [name, { held }] of Object.entries(fields)) put(row, name.split("."), pick(random, held));
    // Where a field leads into an object, some rows hold something else.
    if (random() < 0.1)
      row["meta"] = pick<unknown>(random, [null, [], [{ k: "de" }], { deep: [{ k: "de", n: 42 }] }, "de", 7]);
    return row;
  });
}

function put(row: Payload, [step = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    if (value !== undefined) row[step] = value;
    return;
  }
  row[step] ??= {};
  put(row[step] as Payload, rest, value);
}

/** Filters as an application sends them. */
export function* makeFilters(count: number, seed: number): Generator<object> {
  const random = makeRandom(seed);
  for (let made = 0; made < count; made += 1) yield makeFilter(random, made % 4);
}

function makeFilter(random: Random, depth: number): object {
  const shape = depth === 0 ? 1 : random();
  if (shape < 0.3) return { and: several(random, depth) };
  if (shape < 0.6) return { or: several(random, depth) };
  if (shape < 0.85) return { not: makeFilter(random, depth - 1) };
  return makeCondition(random);
}

function several(random: Random, depth: number): object[] {
  return Array.from({ length: 1 + Math.floor(random() * 3) }, () => makeFilter(random, depth - 1));
}

function makeCondition(random: Random): object {
  const [field, { type, asked }] = pick(random, Object.entries(fields));
  const value = pick(random, asked);
  const canRange = /^(integer|float|moment)/.test(type);
  const shape = random();
  if (shape < 0.1) return { exists: { field } };
  if (shape < 0.4) return { eq: { field, value } };
  if (shape < 0.5 && type.endsWith("[]")) return { contains: { field, value } };
  if (shape < 0.65 || !canRange) return { in: { field, values: asked.filter(() => random() < 0.3) } };
  const low = random() < 0.7 ? { [pick(random, ["gt", "gte"])]: value } : {};
  const high =
    random() < 0.6 || Object.keys(low).length === 0 ? { [pick(random, ["lt", "lte"])]: pick(random, asked) } : {};
  return { range: { field, ...low, ...high } };
}
