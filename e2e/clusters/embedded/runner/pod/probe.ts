// One HTTP readiness probe.
// Never throws: no answer in time is a failed probe.
import { request } from "undici";

type ProbeTarget = {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly timeoutMs: number;
};

/** True for a status from 200 to 399. */
export async function probe({ host, port, path, timeoutMs }: ProbeTarget): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const { statusCode, body } = await request(`http://${host}:${port}${path}`, { reset: true, signal });
    await body.dump();
    return statusCode < 400;
  } catch {
    return false;
  }
}
