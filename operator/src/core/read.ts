// What a look brought home, or why it came back without.

/** A read that either brought a value or says why not. A failed read is data: it never becomes "fine" or zero. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };
