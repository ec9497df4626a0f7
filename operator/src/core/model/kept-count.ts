// Counts as a status keeps them: the same whether they went through it or not, and no longer than they have to be.

/** A count of a line, its clock or its run. */
export function keptCount(count: number): number {
  return keptDigits(count, 9, 1e9);
}

/** One of the counts of each of twelve groups: there may be six thousand of them. */
export function keptGroupCount(count: number): number {
  return keptDigits(count, 6, 1e6);
}

/** `longer`: the least whole number of more digits. */
function keptDigits(count: number, digits: number, longer: number): number {
  // The status knows one zero. Most are whole numbers that short, for which the detour through text takes a fifth of a pass.
  return Number.isInteger(count) && Math.abs(count) < longer ? count + 0 : Number(count.toPrecision(digits));
}
