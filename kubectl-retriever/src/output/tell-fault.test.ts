import { OperatorError } from "@retriever/operator/errors.ts";
import { expect, it, test } from "vitest";
import { makeFakeTerminal } from "#test/fake-terminal.ts";
import { remedyFor, tellFault } from "./tell-fault.ts";

it("a command that somebody interrupts says only that, and nothing of an operator", () => {
  const terminal = makeFakeTerminal();
  const fault = new OperatorError("ROP_STOPPED", "list retrievermigrations");
  expect(tellFault(fault, { terminal, signal: AbortSignal.abort() })).toBe(130);
  expect(terminal.warned).toEqual(["interrupted"]);
});

test.each([
  ["ECONNREFUSED", /^Nobody answers at https:\/\/api: /],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", /isn't of an authority .*certificate-authority/],
  ["SELF_SIGNED_CERT_IN_CHAIN", /isn't of an authority .*certificate-authority/],
  ["CERT_HAS_EXPIRED", /isn't valid today/],
  ["ERR_TLS_CERT_ALTNAME_INVALID", /for another name: .*tls-server-name/],
  ["ERR_OSSL_PEM_NO_START_LINE", /A certificate or key of the kubeconfig can't be used/],
])("what helps against %s is said, and of who answers not that nobody does", (code, words) => {
  const cause = Object.assign(new Error("-"), { code });
  expect(remedyFor(new OperatorError("ROP_API_UNAVAILABLE", "list", { cause }), "https://api")).toMatch(words);
});

test.each([
  [{ namespace: "search" }, 'ask for "list" on "pods" in namespace search.'],
  [{}, 'ask for "list" on "pods" in all namespaces, or look at one alone (-n; of check --in).'],
])("a right that is missing is said with where it is: %j", (place, words) => {
  const details = { verb: "list", resource: "pods", ...place };
  expect(remedyFor(new OperatorError("ROP_FORBIDDEN", "list", { details }), "https://api")).toContain(words);
});
