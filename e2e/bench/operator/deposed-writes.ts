// Which accepted writes a deposed leader must not have made. Pure.

/** One write that the API accepted, in the order of acceptance. */
export type AcceptedWrite = {
  readonly user: string;
  /** `resource namespace/name`. */
  readonly object: string;
  /** Epoch of the document, of writes of an overlay; 0 of all others. */
  readonly epoch: number;
};

/** Writes of the deposed leader that came after its successor's first write to the same object. */
export function lateWrites(writes: readonly AcceptedWrite[], deposed: string, successor: string): AcceptedWrite[] {
  const taken = new Set<string>();
  return writes.filter(({ user, object }) => {
    if (user === successor) taken.add(object);
    return user === deposed && taken.has(object);
  });
}

/** Writes, by whomever, that took an overlay's epoch back. */
export function loweringWrites(writes: readonly AcceptedWrite[]): AcceptedWrite[] {
  const highest = new Map<string, number>();
  return writes.filter(({ object, epoch }) => {
    if (epoch === 0) return false;
    const before = highest.get(object) ?? 0;
    highest.set(object, Math.max(before, epoch));
    return epoch < before;
  });
}
