// What a failure on the way to a store is called: only what wasn't reached can't be reached.
import { expect, test } from "vitest";
import { postgresError } from "#pgvector/client/classify.ts";
import { transportError } from "#qdrant/client/classify.ts";

const { signal } = new AbortController();
const coded = (code: string) => Object.assign(new Error("x"), { code });

test.each([
  ["ECONNREFUSED", "can't be reached"],
  ["ENOTFOUND", "can't be reached"],
  ["ETIMEDOUT", "can't be reached"],
  ["EHOSTUNREACH", "can't be reached"],
  ["ENOENT", "the socket isn't there"],
  ["ESOMETHING", "the connection to"],
  ["ECONNRESET", "broke the connection off"],
  ["EPIPE", "broke the connection off"],
])("%s of either store says that it %s", (code, words) => {
  for (const fault of [postgresError(coded(code), signal), transportError(coded(code), signal)]) {
    expect(fault).toMatchObject({ code: "RETR_BACKEND_UNAVAILABLE" });
    expect(fault.message).toContain(words);
  }
});

test.each([
  ["ERR_TLS_CERT_ALTNAME_INVALID", "another name"],
  ["CERT_HAS_EXPIRED", "isn't valid now"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "set tls.caFile"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "set tls.caFile"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "set tls.caFile"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "speaks no TLS"],
  ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "wants a certificate of the client, which isn't sent"],
  ["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", "the server ended it: see its log"],
  ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "the server ended it: see its log"],
  ["ERR_SSL_OTHER", "certificate"],
])("%s of either store is a fault of TLS and says what to do", (code, words) => {
  for (const fault of [postgresError(coded(code), signal), transportError(coded(code), signal)]) {
    expect(fault).toMatchObject({ code: "RETR_BACKEND_TLS", message: expect.stringContaining(words) as string });
  }
});

test("an answer that isn't HTTP, or that ours can't take, was an answer", () => {
  const parsed = transportError(new TypeError("fetch failed", { cause: coded("HPE_INVALID_CONSTANT") }), signal);
  const nested = postgresError(new RangeError("Maximum call stack size exceeded"), signal);
  for (const fault of [parsed, nested]) {
    expect(fault).toMatchObject({ code: "RETR_BACKEND_ANSWER_INVALID" });
    expect(fault.message).not.toContain("reached");
  }
  expect(transportError(coded("UND_ERR_SOCKET"), signal).message).toContain("broke the connection off");
});
