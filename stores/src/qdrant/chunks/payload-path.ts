// What a key of the configuration means in a payload: `a.b` leads into objects, as in Qdrant's filters. A key whose own
// name holds a dot is never meant.

type Payload = Readonly<Record<string, unknown>>;

/** The value at a key; undefined where the payload has none. */
export function valueAt(payload: unknown, key: string): unknown {
  let value = payload;
  for (const step of key.split(".")) {
    if (!isObject(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

/** The payload with another value at a key; null where something stands in the way that is no object. */
export function withValueAt(payload: Payload, key: string, value: unknown): Payload | null {
  const dot = key.indexOf(".");
  if (dot < 0) return { ...payload, [key]: value };
  const [step, rest] = [key.slice(0, dot), key.slice(dot + 1)];
  const inner = Object.hasOwn(payload, step) ? payload[step] : {};
  const changed = isObject(inner) ? withValueAt(inner, rest, value) : null;
  return changed === null ? null : { ...payload, [step]: changed };
}

/** A number in a spelling of its own (`exact-json.ts`) is frozen and no object of a payload. */
function isObject(value: unknown): value is Payload {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !Object.isFrozen(value);
}
