import { request } from "node:http";
import { createConnection, type Socket } from "node:net";
import { OperatorError } from "@retriever/operator/errors.ts";
import { aPlanText, aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import { afterEach, describe, expect, test } from "vitest";
import type { KubeClient } from "#kube-client.ts";
import { startDashboard, streamed } from "#test/dashboard/start-dashboard.ts";

const page = "m/search/docs-to-qdrant";
let close: () => Promise<void> = async () => undefined;
afterEach(() => close());

/** With one migration in its guard. */
async function arrange(client: Partial<KubeClient> = {}) {
  const dashboard = await startDashboard(client);
  ({ close } = dashboard);
  dashboard.handlers.onList([aRawMigration(aStatus({ phase: "Guard", message: "guarding" }))]);
  return dashboard;
}

const form = { "content-type": "application/x-www-form-urlencoded" };

describe("access", () => {
  test("the printed link opens the pages once, and with its cookie alone", async () => {
    const { ask, base, link, open } = await arrange();
    const session = await open();
    expect(await ask({ path: base, headers: session })).toMatchObject({ status: 200 });
    expect(await ask({ path: base })).toMatchObject({ status: 401 });
    const { pathname, search } = new URL(link);
    expect(await ask({ path: pathname + search })).toMatchObject({
      status: 401,
      text: expect.stringContaining("already"),
    });
    expect(await ask({ path: "/open?token=x" })).toMatchObject({ status: 401 });
  });

  test("the cookie goes to no other path, no script and no other site", async () => {
    const { ask, base, link } = await arrange();
    const { pathname, search } = new URL(link);
    const { headers } = await ask({ path: pathname + search });
    expect(String(headers["set-cookie"]).split("; ").slice(1)).toEqual([`Path=${base}`, "HttpOnly", "SameSite=Strict"]);
  });

  test.each([
    ["another host (DNS rebinding)", { host: "evil.example" }, 421],
    ["localhost by name", { host: "localhost" }, 421],
    ["another origin", { origin: "https://evil.example" }, 403],
    ["another local port", { origin: "http://127.0.0.1:1" }, 403],
    ["no origin at all", { origin: "null" }, 403],
    ["another site's navigation", { "sec-fetch-site": "cross-site" }, 403],
    ["another port's navigation", { "sec-fetch-site": "same-site" }, 403],
    ["another session", { cookie: "retriever-dashboard=x" }, 401],
  ])("a request with %s is refused, session or not", async (_, headers, status) => {
    const { ask, base, open } = await arrange();
    const session = await open();
    expect(await ask({ path: base, headers: { ...session, ...headers } })).toMatchObject({ status });
    expect(await ask({ path: `${base}events?page=`, headers: { ...session, ...headers } })).toMatchObject({ status });
  });

  test("every answer forbids inline scripts, frames, other origins and keeping", async () => {
    const { ask, base, open } = await arrange();
    for (const headers of [await open(), {}]) {
      const answer = await ask({ path: base, headers });
      expect(answer.headers).toMatchObject({
        "cache-control": "no-store",
        "content-security-policy": expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
      });
      expect(answer.headers["content-security-policy"]).not.toContain("unsafe");
      expect(answer.text).not.toMatch(/<style|<script>|style="|onclick/);
    }
  });
});

describe("acts", () => {
  const own = (port: number) => ({ ...form, origin: `http://127.0.0.1:${port}` });
  const rollback = `${page}/act/rollback`;

  test("Rollback is written at once, before anything is read, and what came of it is told", async () => {
    const { ask, base, open, port, acts } = await arrange();
    const headers = { ...(await open()), ...own(port) };
    const { status, text } = await ask({ method: "POST", path: base + rollback, headers, body: "reason=bad" });
    expect(acts.map(({ spec }) => spec)).toEqual([
      { migration: { name: "docs-to-qdrant" }, act: "Rollback", actor: "user-a", reason: "bad" },
    ]);
    expect({ status, text }).toMatchObject({
      status: 200,
      text: expect.stringContaining("migrationact/docs-act-1 created"),
    });
  });

  test.each([
    ["by GET shows a form and writes nothing", "GET", {}, 200],
    ["without an Origin", "POST", form, 403],
    ["from another origin", "POST", { ...form, origin: "https://evil.example" }, 403],
    ["from another local port", "POST", { ...form, origin: "http://127.0.0.1:1" }, 403],
    ["as another method", "PUT", form, 405],
  ])("Rollback %s", async (_, method, headers, status) => {
    const { ask, base, open, acts } = await arrange();
    const session = await open();
    expect(await ask({ method, path: base + rollback, headers: { ...session, ...headers } })).toMatchObject({ status });
    expect(acts).toEqual([]);
  });

  test("a body that is no form, or longer than one, writes nothing", async () => {
    const { ask, base, open, port, acts } = await arrange();
    const headers = { ...(await open()), ...own(port) };
    const plain = { ...headers, "content-type": "text/plain" };
    expect(await ask({ method: "POST", path: base + rollback, headers: plain, body: "x" })).toMatchObject({
      status: 415,
    });
    const long = `reason=${"x".repeat(200_000)}`;
    expect(await ask({ method: "POST", path: base + rollback, headers, body: long })).toMatchObject({ status: 413 });
    expect(acts).toEqual([]);
  });

  test("an act is for the migration and the plan that were on the page", async () => {
    const status = aStatus({ phase: "Guard", planHash: "newer" });
    const { ask, base, open, port, acts } = await arrange({ readMigration: async () => aRawMigration(status) });
    const headers = { ...(await open()), ...own(port) };
    const pause = (seen: string) =>
      ask({ method: "POST", path: `${base}${page}/act/pause`, headers, body: `typed=docs-to-qdrant&${seen}` });
    expect((await pause("uid=uid-1&planHash=older")).text).toContain("its plan is newer by now, not older");
    expect((await pause("uid=uid-0&planHash=newer")).text).toContain("another migration of the same name");
    expect(acts).toEqual([]);
  });

  test("an approval of a plan that was replaced since the form was opened writes nothing, and says of which plan it was", async () => {
    const status = aStatus({ phase: "AwaitingApproval", planHash: "newer", plan: aPlanText() });
    const { ask, base, open, port, acts, handlers } = await arrange({
      readMigration: async () => aRawMigration(status),
    });
    handlers.onList([aRawMigration({ ...status, planHash: "older" })]);
    const headers = { ...(await open()), ...own(port) };
    const path = `${base}${page}/act/approve`;
    const { text } = await ask({ path, headers });
    const hidden = [...text.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(
      ([, name, value]) => `${name}=${value}`,
    );
    handlers.onList([aRawMigration(status)]);
    const body = ["typed=user-a", "role=sre-on-call", ...hidden].join("&");
    const answer = await ask({ method: "POST", path, headers, body });
    expect(answer.text).toContain("its plan is newer by now, not older");
    expect(answer.text).toContain("You approve plan older");
    expect(acts).toEqual([]);
  });

  test("a report at its limit, with line ends as browsers send them, is written; what is refused stands in the form again", async () => {
    const at = "2026-01-01T00:00:00Z";
    const rollback = { at, from: "Guard" as const, reason: "RollbackRequested", causes: [], actor: null };
    const revision = { epoch: 3, primary: "source", shadow: "none", sampleRate: 0, released: true, at } as const;
    const status = aStatus({ phase: "RolledBack", plan: aPlanText(), planHash: "hash", rollback, revision });
    const texts: (string | undefined)[] = [];
    const createAct: KubeClient["createAct"] = async ({ spec }) => {
      texts.push(spec.text);
      throw new OperatorError("ROP_FORBIDDEN", "create migrationacts");
    };
    const { ask, base, open, port } = await arrange({ readMigration: async () => aRawMigration(status), createAct });
    const headers = { ...(await open()), ...own(port) };
    const report = `${"word\n".repeat(1638)}ab`;
    const fields = { typed: "docs-to-qdrant", uid: "uid-1", planHash: "hash", text: report.replaceAll("\n", "\r\n") };
    const send = (more: Record<string, string>) => {
      const body = new URLSearchParams({ ...fields, ...more }).toString();
      return ask({ method: "POST", path: `${base}${page}/act/postmortem`, headers, body });
    };
    for (const more of [{ typed: "other" }, { planHash: "older" }]) expect((await send(more)).text).toContain(report);
    expect(texts).toEqual([]);
    expect((await send({})).text).toContain(report);
    expect(texts).toEqual([report]);
  });

  test("a browser that goes away in the middle of an act keeps nothing from being written, and harms nobody", async () => {
    const written = Promise.withResolvers<void>();
    const createAct: KubeClient["createAct"] = async (act) => {
      await gone.promise;
      written.resolve();
      return act;
    };
    const gone = Promise.withResolvers<void>();
    const { ask, base, open, port } = await arrange({ createAct });
    const session = await open();
    const headers = { ...session, ...own(port) };
    const sent = request({ host: "127.0.0.1", port, method: "POST", path: base + rollback, headers });
    sent.on("error", () => undefined);
    sent.on("response", () => sent.destroy());
    sent.on("close", () => gone.resolve());
    sent.end("reason=");
    await written.promise;
    expect(await ask({ path: base, headers: session })).toMatchObject({ status: 200 });
  });

  test.each([
    ["pause", "typed=other", "expected docs-to-qdrant"],
    ["pause", "", "expected docs-to-qdrant"],
    ["complete-guard", "typed=docs-to-qdrant", "needs a reason"],
    ["postmortem", "typed=docs-to-qdrant", "needs the report"],
  ])("%s with `%s` is refused: %s", async (command, body, why) => {
    const { ask, base, open, port, acts } = await arrange();
    const headers = { ...(await open()), ...own(port) };
    const answer = await ask({ method: "POST", path: `${base}${page}/act/${command}`, headers, body });
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining(why) });
    expect(acts).toEqual([]);
  });

  test("Rollback of a migration that nobody can read is offered and written all the same", async () => {
    const { ask, base, open, port, acts, handlers } = await arrange();
    handlers.onList([]);
    const headers = { ...(await open()), ...own(port) };
    expect((await ask({ path: base + page, headers })).text).toContain(`href="${base}${rollback}"`);
    const form = (await ask({ path: base + rollback, headers })).text;
    expect(form).toContain("in namespace search of prod-eu (https://api)</small>");
    expect(form).toContain("<title>rollback docs-to-qdrant - prod-eu - retriever</title>");
    const answer = await ask({ method: "POST", path: base + rollback, headers, body: "" });
    expect(answer.text).toContain("Rollback has no effect");
    expect(acts.length).toBe(1);
  });

  test("a verb without its right is greyed with the right's name as soon as that is known; Rollback and Abort never", async () => {
    const { base, open, port } = await arrange({ mayI: async () => false });
    const stream = streamed(port, `${base}events?page=${encodeURIComponent(page)}`, await open());
    for await (const { acts = "" } of stream) {
      if (!acts.includes("lack the right")) continue;
      expect(acts).toMatch(/aria-disabled="true"[^>]*>pause.*create migrationacts\.retriever\.dev/);
      for (const red of ["rollback", "abort"]) expect(acts).toContain(`href="${base}${page}/act/${red}"`);
      break;
    }
  });
});

test("connections that say nothing keep no page and no act out", async () => {
  const { ask, base, open, port, acts } = await arrange();
  const session = await open();
  const silent = await Promise.all(Array.from({ length: 80 }, () => silentConnection(port)));
  expect(await ask({ path: base, headers: session })).toMatchObject({ status: 200 });
  const headers = { ...session, ...form, origin: `http://127.0.0.1:${port}` };
  await ask({ method: "POST", path: `${base}${page}/act/rollback`, headers, body: "" });
  expect(acts.length).toBe(1);
  for (const socket of silent) socket.destroy();
});

function silentConnection(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port }, () => resolve(socket));
    socket.on("error", () => undefined);
  });
}

describe("a stream", () => {
  test("brings what changed and nothing else", async () => {
    const { ask, base, open, port, handlers } = await arrange();
    const session = await open();
    const { text } = await ask({ path: base, headers: session });
    const [, shown] = /data-shown="([^"]+)"/.exec(text) ?? [];
    const stream = streamed(port, `${base}events?page=&shown=${shown}`, session);
    handlers.onEvent("MODIFIED", aRawMigration(aStatus({ phase: "RollingBack", message: "back to pgvector" })));
    for await (const message of stream) {
      const row = message["row-search.docs-to-qdrant"];
      if (row === undefined) continue;
      expect(row).toContain("back to pgvector");
      expect(Object.keys(message)).not.toContain("migrations");
      break;
    }
  });

  test("of a migration that is deleted says so on the page that is open", async () => {
    const { base, open, port, handlers } = await arrange();
    const stream = streamed(port, `${base}events?page=${encodeURIComponent(page)}`, await open());
    handlers.onEvent("DELETED", aRawMigration());
    let told = "";
    for await (const { facts = "" } of stream) {
      told = facts;
      if (told.includes("it was deleted")) break;
    }
    expect(told).toContain("it was deleted");
  });

  test("too many are refused, and one that ends makes room", async () => {
    const { ask, base, open, port } = await arrange();
    const session = await open();
    const streams = Array.from({ length: 4 }, () => streamed(port, `${base}events?page=`, session));
    for (const stream of streams) await stream.next();
    expect(await ask({ path: `${base}events?page=`, headers: session })).toMatchObject({
      status: 503,
      text: expect.stringContaining("too many tabs"),
    });
    for (const stream of streams) await stream.return(undefined);
  });
});

test("names and messages that would steer a page are shown as text", async () => {
  const { ask, base, open, handlers } = await arrange();
  const hostile = `<img src=x onerror=alert(1)>"'&\u001b[31m\u202eevil`;
  const raw = aRawMigration(aStatus({ phase: "Guard", message: hostile }));
  handlers.onList([{ ...raw, metadata: { namespace: "search", name: "docs-to-qdrant", uid: hostile } }]);
  const session = await open();
  for (const path of [base, base + page]) {
    const { text } = await ask({ path, headers: session });
    expect(text).toContain("&#60;img src=x onerror=alert(1)&#62;");
    for (const steering of ["<img", "\u001b", "\u202e"]) expect(text).not.toContain(steering);
  }
});
