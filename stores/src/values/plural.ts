// The noun of a count in a sentence.

/** `chunk` of 1, `chunks` of any other number; `many` where it isn't made by an s. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}
