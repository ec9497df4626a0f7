import { afterEach, describe, expect, test } from "vitest";
import type { OperatorError } from "#errors.ts";
import { type Handler, type Played, playServer, reply } from "#test/api-server.ts";
import { aSidecarStatus } from "#test/builders/sidecar-status.ts";
import { type HttpSidecars, makeHttpSidecars } from "./http-sidecars.ts";

let played: Played | undefined;
let sidecars: HttpSidecars | undefined;
afterEach(async () => {
  await sidecars?.close();
  await played?.close();
});

const signal = new AbortController().signal;
const windows = [
  { seconds: 15, offsetSeconds: 0 },
  { seconds: 300, offsetSeconds: 300 },
];

async function arrange(handler: Handler, deadlineMs = 1000) {
  played = await playServer(handler);
  const client = makeHttpSidecars({ deadlineMs });
  sidecars = client;
  const port = Number(new URL(played.url).port);
  const ask = (stop: AbortSignal = signal) =>
    client.readStatus("127.0.0.1", port, { windows, bins: 1_772_323_200 }, stop);
  const fail = (stop: AbortSignal = signal): Promise<OperatorError> =>
    ask(stop).then(
      () => Promise.reject(new Error("expected a fault")),
      (fault: unknown) => fault as OperatorError,
    );
  return { ask, fail, requests: played.requests };
}

describe("a read of a sidecar", () => {
  test("asks for the windows and the bins and brings the status", async () => {
    const { ask, requests } = await arrange((_, response) =>
      reply(response, 200, aSidecarStatus({ podUid: "u" }, windows)),
    );
    expect((await ask()).evidence.windows.length).toBe(2);
    expect(requests[0]?.url).toBe("/v1/status?windows=15,300@300&bins=1772323200");
  });

  test.each([
    ["another status code", (response) => reply(response, 503, {})],
    ["a redirect", (response) => reply(response, 302, {}, { location: "http://169.254.169.254/" })],
    ["no JSON", (response) => reply(response, 200, "secret-canary")],
    ["another document", (response) => reply(response, 200, { secret: "secret-canary" })],
    ["too much", (response) => reply(response, 200, "x".repeat(1024 * 1024 + 1))],
  ] as [string, (response: Parameters<Handler>[1]) => void][])(
    "answered with %s is an invalid answer, none of it repeated",
    async (_, answer) => {
      const { fail } = await arrange((_request, response) => answer(response));
      const error = await fail();
      expect(error.code).toBe("ROP_SIDECAR_ANSWER_INVALID");
      expect(error.message).not.toContain("secret-canary");
    },
  );

  test("never answered ends at its deadline", async () => {
    const { fail } = await arrange(() => undefined, 100);
    expect((await fail()).code).toBe("ROP_DEADLINE_EXCEEDED");
  });

  test("given up by its caller is stopped", async () => {
    const stop = new AbortController();
    const { fail } = await arrange(() => stop.abort());
    expect((await fail(stop.signal)).code).toBe("ROP_STOPPED");
  });

  test("at an address where nobody listens is unreachable", async () => {
    const { fail } = await arrange(() => undefined);
    await played?.close();
    expect((await fail()).code).toBe("ROP_SIDECAR_UNREACHABLE");
  });
});
