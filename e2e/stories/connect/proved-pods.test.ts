// Pods that prove themselves: real sidecars that show a certificate, ask for the operator's, and send their token to nobody
// else. The API server's part, which tells whose a token is, is played.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeHttpSidecars } from "@retriever/operator/adapters/sidecars/http-sidecars.ts";
import { makePodTokens } from "@retriever/operator/adapters/sidecars/pod-tokens.ts";
import { adminServerName, podTokenHeader } from "@retriever/sidecar/contract/names.ts";
import { makeAuthority, makeCertificate, type TestCertificate } from "@retriever/stores/test/certificate.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Sidecar, startSidecar } from "#support/sidecar/start-sidecar.ts";

const serverName = adminServerName("search-api", "search");
const operatorName = "retriever-migration-operator.retriever-system.svc";
const authority = makeAuthority("retriever-ca");
const workload = authority.issue(serverName);
const root = mkdtempSync(join(tmpdir(), "retriever-proved-pods-"));
const closing: (() => unknown)[] = [];
const { signal } = new AbortController();

/** As a Secret's files are replaced: never half of one. */
function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, `..${name}`), text);
    renameSync(join(folder, `..${name}`), join(folder, name));
  }
}

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(root, "files-"));
  write(folder, files);
  return folder;
}

/** In the form of a token: what it claims is proved by nobody but the played API server. */
function tokenOf(podUid: string, salt = ""): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return [part({ alg: "RS256" }), part({ exp: Date.now() / 1000 + 3600, podUid, salt }), "signature"].join(".");
}

const secrets = ({ cert, key }: TestCertificate) => ({ "tls.crt": cert, "tls.key": key });
const reviewed: string[] = [];

/** Knows the pods whose tokens were made here, and takes none that is for somebody else. */
const apiServer: Parameters<typeof makePodTokens>[0]["request"] = async ({ place, body }) => {
  expect(place.resource.plural).toBe("tokenreviews");
  const { spec } = body as { spec: { token: string; audiences: string[] } };
  reviewed.push(spec.token);
  const claims = JSON.parse(Buffer.from(spec.token.split(".")[1] ?? "", "base64url").toString()) as { podUid: string };
  const extra = { "authentication.kubernetes.io/pod-uid": [claims.podUid] };
  return { status: { authenticated: true, audiences: spec.audiences, user: { extra } } };
};

function podOf(uid: string) {
  const proof = folderOf({ "ca.crt": authority.cert, token: tokenOf(uid) });
  return { proof, env: { RETRIEVER_POD_UID: uid, RETRIEVER_POD_PROOF: proof, RETRIEVER_OPERATOR_NAME: operatorName } };
}

async function start(env: Readonly<Record<string, string>>): Promise<Sidecar> {
  const sidecar = await startSidecar({
    base: { primary: { kind: "qdrant", url: "http://127.0.0.1:9", collection: "chunks" } },
    env: { RETRIEVER_ADMIN_TLS: folderOf(secrets(workload)), RETRIEVER_ALLOWED_HOSTS: "127.0.0.1", ...env },
  });
  closing.push(() => sidecar.stop());
  return sidecar;
}

const caFile = join(folderOf({ "ca.crt": authority.cert }), "ca.crt");
const clock = { now: () => Date.now(), elapsed: () => performance.now() };

/** An operator that shows this certificate; without one, none. */
function operatorWith(shown: TestCertificate | undefined = authority.issue(operatorName)) {
  const clientFolder = folderOf(secrets(shown));
  const tokens = makePodTokens({ request: apiServer, clock: clock as never });
  const options = { deadlineMs: 20_000, caFile, clientFolder, tokens };
  const sidecars = makeHttpSidecars(options);
  closing.push(() => sidecars.close());
  return { sidecars };
}

const portOf = ({ adminUrl }: Sidecar) => Number(new URL(adminUrl).port);
const read = (port: number, podUid: string, { sidecars } = operatorWith()) =>
  sidecars.readStatus({ address: "127.0.0.1", port, serverName, podUid }, { windows: [], bins: 0 }, signal);

type Asked = {
  readonly port: number;
  readonly path: string;
  readonly shown?: TestCertificate;
  readonly method?: string;
};

/** As somebody who believes every server. */
function ask({ port, path, shown, method = "GET" }: Asked) {
  const client = shown === undefined ? {} : { cert: shown.cert, key: shown.key };
  return new Promise<{ code: number | undefined; token: unknown; text: string }>((resolve, reject) => {
    const options = { port, path, method, host: "127.0.0.1", rejectUnauthorized: false, ...client };
    const asked = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => {
        resolve({ code: response.statusCode, token: response.headers[podTokenHeader], text });
      });
    });
    asked.on("error", reject).end();
  });
}

let first: Sidecar;
const pod = podOf("uid-1");
beforeAll(async () => {
  first = await start(pod.env);
});
afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  rmSync(root, { recursive: true, force: true });
});

describe("a pod that proves itself", () => {
  test("is heard by the operator, which has its token proved once", async () => {
    const operator = operatorWith();
    reviewed.length = 0;
    expect((await read(portOf(first), "uid-1", operator)).podUid).toBe("uid-1");
    await read(portOf(first), "uid-1", operator);
    expect(reviewed).toHaveLength(1);
  });

  test("whose token was renewed has the new one proved, without a start", async () => {
    const operator = operatorWith();
    await read(portOf(first), "uid-1", operator);
    const renewed = tokenOf("uid-1", "renewed");
    write(pod.proof, { token: renewed });
    await read(portOf(first), "uid-1", operator);
    expect(reviewed.at(-1)).toBe(renewed);
  });

  test.each<[string, TestCertificate | undefined]>([
    ["no certificate", undefined],
    ["the workload's own, as its fellow pods have it", workload],
    ["one for all names of the operator's namespace", authority.issue("*.retriever-system.svc")],
    ["one in the operator's name, of another authority", makeAuthority("retriever-ca").issue(operatorName)],
    ["one in the operator's name, of no authority", makeCertificate(operatorName)],
  ])("tells nothing, and sends its token to nobody who shows %s", async (_, shown) => {
    const given = shown === undefined ? {} : { shown };
    for (const path of ["/v1/status", "/v1/status?windows=15", "//v1/status", "/healthz/../v1/status", "/"]) {
      const { code, token, text } = await ask({ port: portOf(first), path, ...given });
      expect([path, code, token]).toEqual([path, 403, undefined]);
      expect(text).toContain("RETR_CLIENT_NOT_PROVED");
    }
  });

  test("answers probes and Prometheus, which show no certificate, without its token", async () => {
    for (const path of ["/healthz", "/readyz", "/metrics"]) {
      const { code, token } = await ask({ port: portOf(first), path });
      expect([path, code, token]).toEqual([path, 200, undefined]);
    }
  });
});

describe("whoever answers in a pod's place", () => {
  test("as its fellow, with the workload's certificate and a token of its own, isn't heard", async () => {
    const fellow = await start({ ...podOf("uid-2").env, RETRIEVER_POD_UID: "uid-1" });
    await expect(read(portOf(fellow), "uid-1")).rejects.toMatchObject({
      code: "ROP_SIDECAR_NOT_PROVED",
      message: expect.stringContaining("another pod's"),
    });
  });

  test("with the workload's certificate and no token isn't heard", async () => {
    const bare = await start({ RETRIEVER_POD_UID: "uid-1" });
    await expect(read(portOf(bare), "uid-1")).rejects.toMatchObject({ code: "ROP_SIDECAR_NOT_PROVED" });
  });

  test("isn't asked by an operator that has no certificate to show", async () => {
    const sidecars = makeHttpSidecars({ deadlineMs: 20_000, caFile });
    closing.push(() => sidecars.close());
    await expect(read(portOf(first), "uid-1", { sidecars })).rejects.toMatchObject({
      code: "ROP_SIDECAR_UNREACHABLE",
      message: expect.stringContaining("--sidecar-client-tls"),
    });
  });

  test.each([
    ["no token", { "ca.crt": authority.cert }, "expected this pod's token"],
    ["what is none", { "ca.crt": authority.cert, token: "a\r\nb" }, "expected this pod's token"],
  ])("tells nothing where its folder has %s", async (_, files, words) => {
    const env = { RETRIEVER_POD_PROOF: folderOf(files), RETRIEVER_OPERATOR_NAME: operatorName };
    const port = portOf(await start(env));
    const { code, token, text } = await ask({ port, path: "/v1/status", shown: authority.issue(operatorName) });
    expect([code, token]).toEqual([503, undefined]);
    expect(text).toContain(words);
  });
});

test.each([
  ["a folder of proofs without the operator's name", { RETRIEVER_POD_PROOF: root }, "got one of them"],
  [
    "a name with a wildcard",
    { RETRIEVER_POD_PROOF: root, RETRIEVER_OPERATOR_NAME: "*.retriever-system.svc" },
    "DNS name without wildcards",
  ],
  [
    "a folder without authorities",
    { RETRIEVER_POD_PROOF: folderOf({ token: tokenOf("u") }), RETRIEVER_OPERATOR_NAME: operatorName },
    "regular ca.crt",
  ],
  [
    "authorities that are none",
    { RETRIEVER_POD_PROOF: folderOf({ "ca.crt": "" }), RETRIEVER_OPERATOR_NAME: operatorName },
    "regular ca.crt",
  ],
])("a sidecar with %s doesn't start", async (_, env, words) => {
  expect(await start(env).catch(String)).toContain(words);
});
