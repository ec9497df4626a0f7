// Every row, in the order of the table.
import type { Row } from "../play/row.ts";
import { contentRows } from "./content-rows.ts";
import { fleetRows } from "./fleet-rows.ts";
import { harmedRows } from "./harmed.ts";
import { healthyRows } from "./healthy.ts";
import { rampRows } from "./ramp-rows.ts";
import { sliceRows } from "./slice-rows.ts";

export const allRows: readonly Row[] = [...healthyRows, ...harmedRows, ...rampRows, ...sliceRows, ...contentRows]
  .toSorted((a, b) => numberOf(a) - numberOf(b))
  .concat(fleetRows);

/** D1a stands right behind D1. */
function numberOf({ id }: Row): number {
  return Number.parseInt(id.slice(1), 10) + (id.endsWith("a") ? 0.5 : 0);
}
