// Numbers of things in sentences.

/** `1 migration`, `2 migrations`, `12,345 migrations`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}
