// What a sentence says of many causes. Each of them stands whole in the status: its gates, its harm, its rollback.

const mostWhole = 2;

/** The first ones whole, and how many more there are: a message is read at a glance, a status by who wants all. */
export function firstCauses(causes: readonly string[]): string {
  const more = causes.length - mostWhole;
  return [...causes.slice(0, mostWhole), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}
