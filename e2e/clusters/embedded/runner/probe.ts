// One HTTP readiness probe.
// Never throws: no answer in time is a failed probe.
import { get } from "node:http";

type ProbeTarget = {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly timeoutMs: number;
};

/** True for a status from 200 to 399. */
export function probe({ host, port, path, timeoutMs }: ProbeTarget): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host, port, path, agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      resolve(status >= 200 && status < 400);
    });
    request.once("error", () => resolve(false));
  });
}
