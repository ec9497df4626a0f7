// What Postgres's refusals of a write mean: of one chunk, which is skipped, or of the table, which ends the repair.
import { RetrieverError } from "#errors.ts";
import type { LeftChunk } from "#ports/chunk-store.ts";
import { codeOf } from "#values/node-error.ts";
import { readingError } from "../client/classify.ts";

/** By SQLSTATE: why a chunk isn't taken, and what helps. */
const refusals: Readonly<Record<string, string>> = {
  "23502": "a column without default lacks a value; give it a default, or the chunk a value",
  "23503": "a foreign key isn't met; write the row that it names first, or remove what refers to this one",
  "23505": "another unique index holds the value already; find the chunk that holds it",
  "23514": "a check isn't met; correct the chunk where it comes from",
  "23P01": "an exclusion constraint isn't met; correct the chunk where it comes from",
  "428C9": "Postgres makes a column itself (GENERATED ALWAYS); make it BY DEFAULT",
  "22P05": "a text holds a character that the database can't, such as NUL; remove it where it comes from",
  "22003": "a number is out of its column's range; change the column's type",
  "22001": "a text is too long for its column; change the column's type",
  "44000": "a view's check isn't met; correct the chunk where it comes from",
  P0001: "a trigger refused it; see the trigger's own message in the server's log",
  "54000": "it is larger than an index or a row can be; see the table's indexes",
};
const misfit = "a value doesn't fit its column; correct it where it comes from, or change the column's type";
/** Another transaction was in the way: the same statement can succeed. */
const collisions = new Set(["40001", "40P01", "55P03"]);

const refusedByFunction =
  "a function of a trigger, a check or a domain failed for it; see its own message in the server's log";

/**
 * Whether a function that the server ran for a row reports it, which may choose any SQLSTATE: then it has a context. What
 * is of the session or the server, or of the SQL itself, is never a row's.
 */
function isRaised(error: unknown): boolean {
  const hasContext = error instanceof Error && "where" in error && typeof error.where === "string";
  return hasContext && !/^(08|25|40|53|57|58|F0|XX00[12])|^55P03$/.test(codeOf(error));
}

/**
 * Whether a type's own reading of a value reports it: types of extensions choose any SQLSTATE for that (ltree a syntax error,
 * hstore and geometry an internal one). An error of the statement itself has a position in it.
 */
function isOfInput(error: unknown): boolean {
  return /^(42601|XX000)$/.test(codeOf(error)) && error instanceof Error && !("position" in error && error.position);
}

const unparted = "no partition is for a row like it; create one, or correct the chunk where it comes from";

/** Whether it is Postgres's report of a row that no partition takes: a check has a name, and what a function reports a context. */
function isUnparted(error: unknown): boolean {
  const isTold = (name: string): boolean => error instanceof Error && Reflect.get(error, name) !== undefined;
  return codeOf(error) === "23514" && !isTold("constraint") && !isTold("where");
}

/** Why one chunk isn't taken, without the value; null: the error is of something else. */
function reasonOf(error: unknown): string | null {
  const code = codeOf(error);
  const known =
    (isUnparted(error) ? unparted : refusals[code]) ??
    (/^2[23]/.test(code) || isOfInput(error) ? misfit : isRaised(error) ? refusedByFunction : undefined);
  if (known === undefined)
    return collisions.has(code) ? `another transaction was in its way (${code}); repair again` : null;
  const column =
    error instanceof Error && "column" in error && typeof error.column === "string" ? `column ${error.column}: ` : "";
  return `${column}${known} (${code})`;
}

/** Whether it may be of one row alone, or of COPY into this relation, so that statements do more. */
export function isOfRow(error: unknown): boolean {
  return reasonOf(error) !== null || /^(0A000|42809|55000)$/.test(codeOf(error));
}

/** An error of a write or of what goes before it, in our codes. */
export function writeError(error: unknown, signal: AbortSignal): RetrieverError {
  const code = codeOf(error);
  if (signal.aborted || error instanceof RetrieverError) return readingError(error, signal);
  const fault = faults[code];
  return fault === undefined
    ? readingError(error, signal)
    : new RetrieverError({ ...fault, message: `${fault.message} (${code})` }, error);
}

const faults: Readonly<
  Record<string, { readonly code: "RETR_BACKEND_AUTH" | "RETR_REPAIR_WRITE_REFUSED"; readonly message: string }>
> = {
  "42501": {
    code: "RETR_BACKEND_AUTH",
    message:
      "the credential has no right to read or write the table, or a row-level security policy hides rows from it",
  },
  "25006": {
    code: "RETR_REPAIR_WRITE_REFUSED",
    message: "Postgres takes no writes here: it is a standby or read-only; name the primary, or a role that may write",
  },
  "55000": {
    code: "RETR_REPAIR_WRITE_REFUSED",
    message:
      "the table takes no such write as it is (a view that isn't updatable, or a published table without replica identity); name the table itself, or give it a primary key",
  },
  "0A000": {
    code: "RETR_REPAIR_WRITE_REFUSED",
    message:
      "Postgres can't write the table this way (a rule of it, or a view); drop the rule, or name the table itself",
  },
  "42P10": {
    code: "RETR_REPAIR_WRITE_REFUSED",
    message: "the ids' column has no unique index that ON CONFLICT can use; create one",
  },
};

/**
 * Runs `run` on all items; where it is refused for one of them, on halves, so that every other item is done. Each run is
 * a statement of its own: it does all of its items or none. Rejects with what is no refusal of a chunk.
 */
export async function skipRefused<Item extends { readonly id: string }>(
  items: readonly Item[],
  run: (items: readonly Item[]) => Promise<readonly LeftChunk[]>,
  explainOne: (item: Item) => Promise<string | null> = async () => null,
): Promise<LeftChunk[]> {
  const [first] = items;
  if (first === undefined) return [];
  try {
    return [...(await run(items))];
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === null) throw error;
    if (items.length > 1) {
      const middle = items.length >> 1;
      const left = await skipRefused(items.slice(0, middle), run, explainOne);
      return [...left, ...(await skipRefused(items.slice(middle), run, explainOne))];
    }
    const place = (await explainOne(first)) ?? "";
    return [{ id: first.id, why: "refused", reason: `${place}${reason}` }];
  }
}
