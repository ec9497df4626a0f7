// Leave to remove over a listener that asks who gives it: TLS as in the cluster, a sync of no stores behind it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { podTokenHeader } from "@retriever/sidecar/contract/names.ts";
import { makeAuthority, makeCertificate, type TestCertificate } from "@retriever/stores/test/certificate.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveStatus } from "./serve-status.ts";

const operatorName = "retriever-migration-operator.retriever-system.svc";
const authority = makeAuthority("retriever-ca");
const workload = authority.issue("search-api.search.svc");
const folder = mkdtempSync(join(tmpdir(), "retriever-proved-leave-"));
const given: boolean[] = [];
let listener: Awaited<ReturnType<typeof serveStatus>>;

beforeAll(async () => {
  const files = { "tls.crt": workload.cert, "tls.key": workload.key, "ca.crt": authority.cert, token: "a.b.c" };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const tls = { certificate: folder, proof: { folder, operatorName } };
  const served = {
    status: () => ({ removals: "held" }) as never,
    onLeave: (isGiven: boolean) => void given.push(isGiven),
  };
  listener = await serveStatus({ host: "127.0.0.1", port: 0 }, { tls, onFault: () => {} }, served);
});
afterAll(async () => {
  await listener.close(0);
  rmSync(folder, { recursive: true, force: true });
});

function ask(removals: string, shown: TestCertificate | undefined) {
  const client = shown === undefined ? {} : { cert: shown.cert, key: shown.key };
  const path = `/v1/sync/removals?removals=${removals}`;
  const options = { host: "127.0.0.1", port: listener.address.port, path, method: "POST", ca: authority.cert };
  return new Promise<{ code: number | undefined; token: unknown }>((resolve, reject) => {
    const asked = request({ ...options, servername: "search-api.search.svc", ...client }, (response) => {
      response.resume().on("end", () => {
        resolve({ code: response.statusCode, token: response.headers[podTokenHeader] });
      });
    });
    asked.on("error", reject).end();
  });
}

describe("leave to remove", () => {
  test.each<[string, TestCertificate | undefined]>([
    ["no certificate", undefined],
    ["the workload's own", workload],
    ["one in the operator's name that it made itself", makeCertificate(operatorName)],
  ])("is taken from nobody who shows %s", async (_, shown) => {
    expect(await ask("allow", shown)).toEqual({ code: 403, token: undefined });
    expect(given).toEqual([]);
  });

  test("is taken from the operator, who is answered with the pod's token", async () => {
    const operator = authority.issue(operatorName);
    expect(await ask("allow", operator)).toEqual({ code: 200, token: "a.b.c" });
    expect(await ask("hold", operator)).toEqual({ code: 200, token: "a.b.c" });
    expect(given).toEqual([true, false]);
  });
});
