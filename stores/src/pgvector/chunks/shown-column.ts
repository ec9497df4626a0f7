// A column as an expression whose JSON says what the column means.
import { quoteName } from "../client/names.ts";
import type { Column } from "./table-catalogue.ts";

/** Without the blanks that fill up a char(n), alone or in a list. */
export function shownOf({ name, type }: Pick<Column, "name" | "type">): string {
  const cast = type === "bpchar" ? "::text" : type === "_bpchar" ? "::text[]" : "";
  return `${quoteName(name)}${cast}`;
}
