import { afterEach, describe, expect, test } from "vitest";
import { makeSystemClock } from "#adapters/system-clock.ts";
import type { OperatorError } from "#errors.ts";
import { type Handler, type Played, playServer, reply } from "#test/api-server.ts";
import { type CallReport, type KubeCall, makeKubeRequest } from "./kube-request.ts";
import { configMaps, migrations, pods } from "./resources.ts";

let played: Played | undefined;
afterEach(() => played?.close());

const signal = new AbortController().signal;
const get: KubeCall = { method: "GET", place: { resource: configMaps, namespace: "search", name: "app" }, signal };

async function arrange(handler: Handler, deadlineMs = 2000) {
  played = await playServer(handler);
  const reports: CallReport[] = [];
  const request = makeKubeRequest(played.connection, {
    deadlineMs,
    clock: makeSystemClock(),
    report: (report) => reports.push(report),
  });
  const fail = async (call: KubeCall): Promise<OperatorError> =>
    request(call).then(
      () => Promise.reject(new Error("expected a refusal")),
      (fault: unknown) => fault as OperatorError,
    );
  return { request, fail, reports, requests: played.requests };
}

describe("a call to the API server", () => {
  test("sends path, query, credentials and body, and brings the answer", async () => {
    const { request, requests, reports } = await arrange((_, response) => reply(response, 200, { kind: "ConfigMap" }));
    const place = { resource: migrations, namespace: "a b", name: "x/y", subresource: "status" };
    const answer = await request({ method: "PUT", place, query: { fieldManager: "m" }, body: { a: 1 }, signal });
    expect(answer).toEqual({ kind: "ConfigMap" });
    expect(requests[0]).toMatchObject({
      method: "PUT",
      url: "/apis/retriever.dev/v1alpha1/namespaces/a%20b/retrievermigrations/x%2Fy/status?fieldManager=m",
      body: '{"a":1}',
      headers: { authorization: "Bearer secret-canary", "content-type": "application/json" },
    });
    expect(reports).toMatchObject([{ verb: "update", resource: "retrievermigrations", code: "OK" }]);
  });

  test.each([
    [401, {}, "ROP_UNAUTHENTICATED"],
    [403, { message: "no" }, "ROP_FORBIDDEN"],
    [404, {}, "ROP_NOT_FOUND"],
    [409, { reason: "Conflict" }, "ROP_CONFLICT"],
    [410, { reason: "Expired" }, "ROP_EXPIRED"],
    [422, { message: "spec.stages: wrong" }, "ROP_INVALID"],
    [429, {}, "ROP_API_UNAVAILABLE"],
    [500, "not json", "ROP_API_UNAVAILABLE"],
    [302, {}, "ROP_API_ANSWER_INVALID"],
  ])("refused with %i becomes a coded error", async (status, body, code) => {
    const { fail, reports } = await arrange((_, response) =>
      reply(response, status, body, { location: "http://169.254.169.254/" }),
    );
    const error = await fail(get);
    expect(error.code).toBe(code);
    expect(error.message).not.toContain("secret-canary");
    expect(reports[0]?.code).toBe(code);
  });

  test.each([
    ["as it is", "secret-canary"],
    ["within a sentence", "no user for Bearer secret-canary!"],
  ])("that is refused with its own token in the answer, %s, doesn't pass it on", async (_how, message) => {
    const body = {
      message,
      reason: message,
      details: { causes: [{ reason: "FieldManagerConflict", message, field: message }] },
    };
    for (const status of [403, 409, 422, 500]) {
      const { fail } = await arrange((_, response) => reply(response, status, body, { "retry-after": message }));
      const { details, message: said } = await fail(get);
      expect(`${said}${JSON.stringify(details)}`).not.toContain("secret-canary");
      expect(`${said}${JSON.stringify(details)}`).toContain("[secret]");
      await played?.close();
    }
  });

  test("that is forbidden names verb and resource", async () => {
    const { fail } = await arrange((_, response) => reply(response, 403, {}));
    const error = await fail({ ...get, method: "PATCH" });
    expect(error.details).toMatchObject({ verb: "patch", resource: "configmaps" });
    expect(error.message).toContain("patch configmaps search/app");
  });

  test("that loses a field to another manager names manager and field", async () => {
    const causes = [
      {
        reason: "FieldManagerConflict",
        message: 'conflict with "argocd-controller" using v1',
        field: ".data.migration.json",
      },
    ];
    const { fail } = await arrange((_, response) => reply(response, 409, { reason: "Conflict", details: { causes } }));
    const error = await fail({ ...get, method: "PATCH", body: {} });
    expect(error.code).toBe("ROP_FIELD_CONFLICT");
    expect(error.details).toMatchObject({ managers: ["argocd-controller"], fields: [".data.migration.json"] });
  });

  test("that never gets an answer ends at its deadline", async () => {
    const { fail } = await arrange(() => undefined, 100);
    expect((await fail(get)).code).toBe("ROP_DEADLINE_EXCEEDED");
  });

  test("whose answer never ends, ends at its deadline", async () => {
    const { fail } = await arrange((_, response) => {
      response.writeHead(200);
      response.write("{");
    }, 100);
    expect((await fail(get)).code).toBe("ROP_DEADLINE_EXCEEDED");
  });

  test("that its caller gives up is stopped", async () => {
    const stop = new AbortController();
    const { fail } = await arrange(() => stop.abort());
    expect((await fail({ ...get, signal: stop.signal })).code).toBe("ROP_STOPPED");
  });

  test("that reads is sent once more when its connection was gone; one that writes isn't", async () => {
    let calls = 0;
    const { request, fail } = await arrange((_, response) => {
      calls += 1;
      if (calls % 2 === 1) response.socket?.destroy();
      else reply(response, 200, {});
    });
    expect(await request(get)).toEqual({});
    expect((await fail({ ...get, method: "PATCH", body: {} })).code).toBe("ROP_API_UNAVAILABLE");
    expect(calls).toBe(3);
  });

  test("refused for an old token is sent once more with what the files hold now", async () => {
    let forgotten = 0;
    const server = await playServer((_, response) => reply(response, forgotten === 0 ? 401 : 200, {}));
    played = server;
    const connection = { ...server.connection, forget: () => void (forgotten += 1) };
    const request = makeKubeRequest(connection, { deadlineMs: 1000, clock: makeSystemClock() });
    expect(await request({ ...get, method: "PATCH", body: {} })).toEqual({});
    expect(server.requests.length).toBe(2);
  });

  test("that writes isn't sent by who doesn't lead any more, not even with a new token; one that reads is", async () => {
    let leads = true;
    const server = await playServer((_, response) => {
      leads = false;
      reply(response, 401, {});
    });
    played = server;
    const options = { deadlineMs: 1000, clock: makeSystemClock(), mayWrite: () => leads };
    const request = makeKubeRequest(server.connection, options);
    const write = { ...get, method: "PATCH", body: {} } as const;
    await expect(request(write)).rejects.toMatchObject({ code: "ROP_LEASE_LOST" });
    await expect(request(write)).rejects.toMatchObject({ code: "ROP_LEASE_LOST" });
    await expect(request(get)).rejects.toMatchObject({ code: "ROP_UNAUTHENTICATED" });
    expect(server.requests.map(({ method }) => method)).toEqual(["PATCH", "GET", "GET"]);
  });

  test("for a log brings its text, and one through a pod's proxy needs the right to pods/proxy", async () => {
    const { request, fail } = await arrange((asked, response) =>
      asked.url.pathname.endsWith("/log") ? reply(response, 200, "a line\n") : reply(response, 403, {}),
    );
    const place = { resource: pods, namespace: "search", name: "app-1:7090" };
    const log = { ...get, place: { ...place, subresource: "log" }, form: "text" } as const;
    expect(await request(log)).toBe("a line\n");
    const { details } = await fail({ ...get, place: { ...place, subresource: "proxy/v1/status" } });
    expect(details).toMatchObject({ verb: "get", resource: "pods/proxy" });
  });

  test("that isn't answered with JSON is invalid, without a word of the answer", async () => {
    const { fail } = await arrange((_, response) => reply(response, 200, "<html>secret-canary"));
    const error = await fail(get);
    expect(error.code).toBe("ROP_API_ANSWER_INVALID");
    expect(`${error.message}${JSON.stringify(error.details)}`).not.toContain("secret-canary");
  });

  test("with many others uses few connections", async () => {
    const sockets = new Set<unknown>();
    const { request } = await arrange((_, response) => {
      sockets.add(response.socket);
      reply(response, 200, {});
    });
    for (let call = 0; call < 20; call += 1) await request(get);
    expect(sockets.size).toBeLessThanOrEqual(2);
  });
});
