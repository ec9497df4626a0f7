import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { makeSystemClock } from "#adapters/system-clock.ts";
import type { OperatorError } from "#errors.ts";
import { type Played, playServer, reply, until } from "#test/api-server.ts";
import type { KubeObject } from "./documents.ts";
import { makeKubeRequest } from "./kube-request.ts";
import { Reflector } from "./reflector.ts";
import { migrations } from "./resources.ts";

let played: Played | undefined;
let reflector: Reflector | undefined;
afterEach(async () => {
  await reflector?.stop();
  await played?.close();
});

type Watch = (response: ServerResponse, from: string, count: number) => void;
type Script = {
  readonly watch: Watch;
  readonly list?: (count: number, response: ServerResponse) => boolean;
  readonly resyncMs?: number;
  /** Long, but where it is what is tested: a busy machine keeps a stream silent for a while. */
  readonly inactivityMs?: number;
};

const line = (type: string, name: string, resourceVersion: string) =>
  `${JSON.stringify({ type, object: { metadata: { name, resourceVersion } } })}\n`;

async function arrange({ watch, list, resyncMs = 60_000, inactivityMs = 60_000 }: Script) {
  const seen: string[] = [];
  const lists: string[][] = [];
  const faults: OperatorError[] = [];
  const counts = { list: 0, watch: 0 };
  played = await playServer(({ url }, response) => {
    if (url.searchParams.get("watch") === "1") {
      counts.watch += 1;
      response.writeHead(200);
      response.flushHeaders();
      watch(response, url.searchParams.get("resourceVersion") ?? "", counts.watch);
      return;
    }
    counts.list += 1;
    if (list?.(counts.list, response) === true) return;
    reply(response, 200, {
      metadata: { resourceVersion: `${counts.list}00` },
      items: [{ metadata: { name: `listed-${counts.list}` } }],
    });
  });
  const clock = makeSystemClock();
  reflector = new Reflector({
    connection: played.connection,
    request: makeKubeRequest(played.connection, { deadlineMs: 1000, clock }),
    clock,
    random: () => 0.5,
    place: { resource: migrations },
    query: {},
    inactivityMs,
    resyncMs,
    backoff: { baseMs: 10, capMs: 50 },
    onList: () => {
      const names: string[] = [];
      const page = (items: readonly KubeObject[]) => names.push(...items.map((item) => item.metadata?.name ?? ""));
      return { page, end: () => lists.push(names) };
    },
    onEvent: (type, object) => seen.push(`${type} ${object.metadata?.name}`),
    onFault: (fault) => faults.push(fault),
  });
  reflector.start();
  return { seen, lists, faults, counts, requests: played.requests };
}

describe("the reflector", () => {
  test("lists, watches from there, and passes on events but no bookmarks", async () => {
    const { seen, lists, requests } = await arrange({
      watch: (response) => {
        response.write(line("ADDED", "a", "101") + line("BOOKMARK", "", "102"));
        response.write(line("MODIFIED", "a", "103").slice(0, 20));
        setImmediate(() => response.write(line("MODIFIED", "a", "103").slice(20) + line("DELETED", "a", "104")));
      },
    });
    await until(() => seen.length === 3, "three events");
    expect(lists[0]).toEqual(["listed-1"]);
    expect(seen).toEqual(["ADDED a", "MODIFIED a", "DELETED a"]);
    const watch = new URL(requests.find(({ url }) => url.includes("watch=1"))?.url ?? "", "http://x").searchParams;
    expect(Object.fromEntries(watch)).toMatchObject({
      allowWatchBookmarks: "true",
      resourceVersion: "100",
      timeoutSeconds: "300",
    });
  });

  test("whose stream ends in order goes on from the last bookmark without a list", async () => {
    const versions: string[] = [];
    const { counts } = await arrange({
      watch: (response, from, count) => {
        versions.push(from);
        if (count === 1) response.end(line("BOOKMARK", "", "150"));
      },
    });
    await until(() => versions.length === 2, "the second watch");
    expect(versions).toEqual(["100", "150"]);
    expect(counts.list).toBe(1);
  });

  test.each([
    [
      "as an event of the stream",
      (response: ServerResponse) =>
        response.end(`${JSON.stringify({ type: "ERROR", object: { code: 410, reason: "Expired" } })}\n`),
    ],
  ])("told that its version is gone %s lists again at once, and that is no fault", async (_, answer) => {
    const { counts, faults } = await arrange({
      watch: (response, _from, count) => {
        if (count === 1) answer(response);
      },
    });
    await until(() => counts.watch === 2, "the second watch");
    expect(counts.list).toBe(2);
    expect(faults).toEqual([]);
  });

  test("whose stream falls silent gives it up and lists again", async () => {
    const { counts, faults } = await arrange({ watch: () => undefined, inactivityMs: 200 });
    await until(() => counts.watch >= 2, "the second watch");
    expect(counts.list).toBeGreaterThanOrEqual(2);
    expect(faults[0]?.code).toBe("ROP_DEADLINE_EXCEEDED");
  });

  test("whose connection is reset goes on", async () => {
    const { seen, faults } = await arrange({
      watch: (response, _, count) => {
        if (count === 1) setImmediate(() => response.socket?.resetAndDestroy());
        else response.write(line("ADDED", "after", "201"));
      },
    });
    await until(() => seen.includes("ADDED after"), "an event after the reset");
    expect(faults[0]?.code).toBe("ROP_API_UNAVAILABLE");
  });

  test("that reads a line which isn't JSON drops the stream and says so", async () => {
    const { counts, faults } = await arrange({
      watch: (response, _, count) => {
        if (count === 1) response.write("{broken\n");
      },
    });
    await until(() => counts.watch === 2, "the second watch");
    expect(faults[0]?.code).toBe("ROP_API_ANSWER_INVALID");
  });

  test("whose lists fail, even right after a 410, comes back as soon as the server does", async () => {
    const { seen, faults } = await arrange({
      list: (count, response) => {
        if (count < 2 || count > 5) return false;
        reply(response, count % 2 === 0 ? 429 : 503, {});
        return true;
      },
      watch: (response, _, count) => {
        if (count === 1) response.end(`${JSON.stringify({ type: "ERROR", object: { code: 410 } })}\n`);
        else response.write(line("ADDED", "back", "900"));
      },
    });
    await until(() => seen.includes("ADDED back"), "an event after the outage");
    expect(faults.map(({ code }) => code)).toEqual(Array(4).fill("ROP_API_UNAVAILABLE"));
  });

  test("lists again by itself while its watch seems well", async () => {
    const { lists, counts } = await arrange({
      resyncMs: 60,
      watch: (response) => {
        const beat = setInterval(() => response.write(line("BOOKMARK", "", "100")), 50);
        response.on("close", () => clearInterval(beat));
      },
    });
    await until(() => lists.length >= 4, "resyncs");
    expect(counts.watch).toBe(1);
    expect(reflector?.listedAt).toBeGreaterThan(0);
  });

  test("that stops ends its stream and passes on nothing more", async () => {
    let ended = false;
    const { seen } = await arrange({
      watch: (response) => response.on("close", () => (ended = true)).write(line("ADDED", "a", "101")),
    });
    await until(() => seen.length === 1, "an event");
    await reflector?.stop();
    await until(() => ended, "the end of the stream");
    expect(seen).toEqual(["ADDED a"]);
  });
});
