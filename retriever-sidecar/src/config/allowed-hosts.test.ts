import { expect, test } from "vitest";
import { type AllowedHost, parseAllowedHosts } from "#contract/allowed-hosts.ts";
import { checkAllowed, checkTls } from "./allowed-hosts.ts";

function parse(text: string): AllowedHost[] {
  const parsed = parseAllowedHosts(text);
  if ("faultyEntry" in parsed) throw new Error(`entry ${parsed.faultyEntry}`);
  return parsed.hosts;
}

const rows = [
  { title: "a listed host may be reached on any port", list: "q.svc", host: "Q.svc", port: 6333, code: undefined },
  {
    title: "a host listed with its port may be reached there",
    list: "q.svc:6333",
    host: "q.svc",
    port: 6333,
    code: undefined,
  },
  { title: "another port of it may not", list: "q.svc:6333", host: "q.svc", port: 6334, code: "RETR_HOST_NOT_ALLOWED" },
  { title: "an empty list allows nothing", list: "", host: "q.svc", port: 1, code: "RETR_HOST_NOT_ALLOWED" },
  {
    title: "a name that only ends like a listed one may not",
    list: "q.svc",
    host: "evil-q.svc",
    port: 1,
    code: "RETR_HOST_NOT_ALLOWED",
  },
  { title: "an IPv6 address is written in brackets", list: "[::1]:5432", host: "::1", port: 5432, code: undefined },
  {
    title: "a credential may go to the host it is bound to",
    list: "q=RETRIEVER_CRED_X",
    host: "q",
    port: 1,
    code: undefined,
  },
  {
    title: "a credential bound elsewhere may not, though the host is listed",
    list: "q=RETRIEVER_CRED_X,r",
    host: "r",
    port: 1,
    code: "RETR_CREDENTIAL_NOT_ALLOWED",
  },
  {
    title: "a credential bound nowhere may go to any listed host",
    list: "q=RETRIEVER_CRED_Y,r",
    host: "r",
    port: 1,
    code: undefined,
  },
];

test.each(rows)("$title", ({ list, host, port, code }) => {
  expect(checkAllowed(parse(list), { host, port }, ["RETRIEVER_CRED_X"])?.code).toBe(code);
});

test.each([
  {
    title: "plain text to a host that is allowed with TLS",
    list: "https://q.svc:6333",
    isEncrypted: false,
    isAllowed: false,
  },
  { title: "the same host with TLS", list: "tls://q.svc:6333", isEncrypted: true, isAllowed: true },
  {
    title: "plain text where another entry doesn't demand TLS",
    list: "q.svc,https://q.svc:6333",
    isEncrypted: false,
    isAllowed: false,
  },
  {
    title: "plain text on another port than the one of TLS",
    list: "q.svc,https://q.svc:443",
    isEncrypted: false,
    isAllowed: true,
  },
  { title: "plain text to a host that is simply listed", list: "q.svc", isEncrypted: false, isAllowed: true },
])("$title: allowed $isAllowed", ({ list, isEncrypted, isAllowed }) => {
  const fault = checkTls(parse(list), { host: "q.svc", port: 6333 }, isEncrypted);
  expect(fault?.code).toBe(isAllowed ? undefined : "RETR_HOST_NOT_ALLOWED");
});

test("an entry that isn't a host is named by its position, and no other credential may be bound", () => {
  expect(parseAllowedHosts("a, http://b")).toEqual({ faultyEntry: 1 });
  expect(parseAllowedHosts("a=HOME")).toEqual({ faultyEntry: 0 });
  expect(parseAllowedHosts("a:0")).toEqual({ faultyEntry: 0 });
  expect(parseAllowedHosts("a:65536")).toEqual({ faultyEntry: 0 });
});

test.each(["/q", "q/", "./q", "../credentials/q", "..data/q", "keys/q", "", "q\u0000", "q=r"])(
  "a file that no overlay can name so, %j, is bound to nothing, and the entry is refused",
  (file) => {
    const folder = "/etc/retriever/credentials";
    expect(parseAllowedHosts(`q.svc=${folder}/q,r`)).toHaveProperty("hosts");
    expect(parseAllowedHosts(`q.svc=${folder}/${file},r`)).toEqual({ faultyEntry: 0 });
  },
);
