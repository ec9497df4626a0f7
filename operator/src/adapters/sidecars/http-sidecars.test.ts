import { type AddressInfo, createServer, type Socket } from "node:net";
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

async function arrange(handler: Handler, options: Partial<Parameters<typeof makeHttpSidecars>[0]> = {}) {
  played = await playServer(handler);
  const client = makeHttpSidecars({ deadlineMs: 30_000, ...options });
  sidecars = client;
  const port = Number(new URL(played.url).port);
  const ask = (stop: AbortSignal = signal) =>
    client.readStatus({ address: "127.0.0.1", port }, { windows, bins: 1_772_323_200 }, stop);
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
    const { fail } = await arrange(() => undefined, { deadlineMs: 100 });
    expect((await fail()).code).toBe("ROP_DEADLINE_EXCEEDED");
  });

  test("given up by its caller is stopped", async () => {
    const stop = new AbortController();
    const { fail } = await arrange(() => stop.abort());
    expect((await fail(stop.signal)).code).toBe("ROP_STOPPED");
  });

  test.each([
    ["cuts the connection", (socket: Socket) => socket.destroy()],
    ["answers with what is no HTTP", (socket: Socket) => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 0x28]))],
  ])("whose port %s wants something else than plain HTTP", async (_, answer) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => answer(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const client = makeHttpSidecars({ deadlineMs: 30_000 });
    sidecars = client;
    const asked = client.readStatus({ address: "127.0.0.1", port }, { windows, bins: 0 }, signal);
    await expect(asked).rejects.toMatchObject({ code: "ROP_SIDECAR_PLAIN_TEXT_REFUSED" });
    server.close();
  });

  test("at an address where nobody listens is unreachable", async () => {
    const { fail } = await arrange(() => undefined);
    await played?.close();
    expect((await fail()).code).toBe("ROP_SIDECAR_UNREACHABLE");
  });

  test("of a fleet of several versions brings every status, and says once for each what it left out", async () => {
    const current = aSidecarStatus({ podUid: "now" }, windows);
    const [{ effectiveSampleRate: _, ignoredKeys: __, ...config }, evidence] = [current.config, current.evidence];
    const { closedAt: ___, bins: ____, ...evidenceBefore } = evidence;
    const counters = { ...evidence.counters, dreams: 3 };
    const fleet = [
      { ...current, podUid: "before", version: "0.0.9", config, evidence: evidenceBefore },
      current,
      {
        ...current,
        podUid: "later",
        version: "9.0.0",
        mood: "good",
        config: { ...current.config, planet: { name: "x" } },
        stores: current.stores.map((store) => ({ ...store, colour: "green" })),
        evidence: { ...evidence, counters, bins: [{ at: 10, counters, slices: [], weather: 1 }] },
      },
    ];
    const said: unknown[] = [];
    let answers = 0;
    const { ask } = await arrange((_request, response) => reply(response, 200, fleet[answers++ % fleet.length] ?? {}), {
      onIgnored: (version, keys) => said.push({ version, keys: keys.toSorted() }),
    });
    const statuses = [await ask(), await ask(), await ask(), await ask(), await ask(), await ask()];
    expect(statuses.map(({ podUid }) => podUid)).toEqual(["before", "now", "later", "before", "now", "later"]);
    expect(statuses[0]).toMatchObject({ config: { effectiveSampleRate: null, ignoredKeys: [] } });
    expect(statuses[0]?.evidence).toMatchObject({ closedAt: 0, bins: [] });
    expect(statuses[2]).toEqual({ ...current, podUid: "later", version: "9.0.0", evidence: statuses[2]?.evidence });
    expect(statuses[2]?.evidence.bins).toEqual([{ at: 10, counters: evidence.counters, slices: [] }]);
    const keys = ["mood", "config.planet", "stores[].colour", "evidence.counters.dreams"];
    expect(said).toEqual([
      { version: "9.0.0", keys: [...keys, "evidence.bins[].weather", "evidence.bins[].counters.dreams"].toSorted() },
    ]);
  });

  test("with a key of the wrong type is an invalid answer, whatever else it has that is unknown", async () => {
    const status = aSidecarStatus({ podUid: "u" }, windows);
    const wrong = { ...status, mood: "good", config: { ...status.config, epoch: "7" } };
    const { fail } = await arrange((_, response) => reply(response, 200, wrong));
    const error = await fail();
    expect([error.code, error.message]).toEqual([
      "ROP_SIDECAR_ANSWER_INVALID",
      expect.stringContaining("config.epoch"),
    ]);
  });
});
