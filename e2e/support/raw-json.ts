// JSON that is printed as it is written: numbers beyond 2^53, and `12.0`.

const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

/** Throws SyntaxError for anything but a string, number, boolean or null. */
export function rawJson(text: string): unknown {
  return rawJSON(text);
}
