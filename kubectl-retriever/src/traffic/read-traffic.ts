// A file of measured traffic, as CSV or as an answer of Prometheus, told apart by its first character. Pure.
import { readCsvTraffic } from "./csv-traffic.ts";
import { readPrometheusTraffic } from "./prometheus-traffic.ts";
import type { TrafficFault } from "./traffic-samples.ts";
import { type MeasuredTraffic, seriesOf } from "./traffic-series.ts";

type ReadTraffic =
  | { readonly ok: true; readonly traffic: MeasuredTraffic }
  | { readonly ok: false; readonly faults: readonly TrafficFault[] };

/** Never throws. Linear in the text. */
export function readTraffic(text: string): ReadTraffic {
  const read = /^\uFEFF?\s*\{/.test(text) ? readPrometheusTraffic(text) : readCsvTraffic(text);
  if (!read.ok) return read;
  const traffic = seriesOf(read);
  if (traffic !== undefined) return { ok: true, traffic };
  return { ok: false, faults: [{ line: undefined, message: "received a time of more than 420 days, expected less" }] };
}
