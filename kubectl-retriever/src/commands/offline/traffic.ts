// The option `--traffic`: a file of measured traffic, or every fault in it.
import { fileFault } from "#files/files.ts";
import { exitCodes } from "#output/exit-codes.ts";
import { readTraffic } from "#traffic/read-traffic.ts";
import type { MeasuredTraffic } from "#traffic/traffic-series.ts";
import type { OfflineTools } from "./lint.ts";

/** A wrong file has as many faults as lines. */
const mostFaults = 10;

/** The traffic of a file, or the exit code of why not; the reason was said. */
export async function loadTraffic(
  path: string,
  { trafficFiles, terminal }: Pick<OfflineTools, "trafficFiles" | "terminal">,
): Promise<MeasuredTraffic | number> {
  let text: string;
  try {
    text = await trafficFiles.read(path);
  } catch (fault) {
    terminal.warn(fileFault("read", path, fault));
    return exitCodes.error;
  }
  const read = readTraffic(text);
  if (read.ok) return read.traffic;
  for (const { line, message } of read.faults.slice(0, mostFaults)) {
    terminal.warn(`${path}${line === undefined ? "" : `:${line}`}: ${message}`);
  }
  const more = read.faults.length - mostFaults;
  if (more > 0) terminal.warn(`${path}: and ${more} more`);
  return exitCodes.refused;
}
