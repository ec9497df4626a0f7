// Reads Qdrant's answers member by member: nothing of their shape is taken for granted.
import { RetrieverError } from "#errors.ts";

/** JSON of an answer. Throws RETR_BACKEND_ANSWER_INVALID. */
export function parseAnswer(body: string, parse: (text: string) => unknown = JSON.parse): unknown {
  try {
    return parse(body);
  } catch {
    throw invalidAnswer("JSON");
  }
}

/** A member of an object; undefined for anything else. */
export function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

/** Text of a JSON string or number, raw numbers included (`exact-json.ts`). */
export function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  const raw = member(value, "rawJSON");
  return typeof raw === "string" ? raw : null;
}

export function invalidAnswer(expected: string): RetrieverError {
  const message = `expected ${expected} from Qdrant, got something else`;
  return new RetrieverError({ code: "RETR_BACKEND_ANSWER_INVALID", message });
}
