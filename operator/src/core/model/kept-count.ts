// Counts as a status keeps them: the same whether they went through it or not, and no longer than they have to be.

/** A count of a line, its clock or its run. */
export function keptCount(count: number): number {
  return Number(count.toPrecision(9));
}

/** One of the counts of each of twelve groups: there may be six thousand of them. */
export function keptGroupCount(count: number): number {
  return Number(count.toPrecision(6));
}
