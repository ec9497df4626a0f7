import { expect, test } from "vitest";
import { parseSettings } from "./settings.ts";

test("without flags and variables the defaults hold", () => {
  expect(parseSettings({}, {})).toEqual({
    config: "/etc/retriever/config",
    listen: { host: "127.0.0.1", port: 7080 },
    admin: { host: "0.0.0.0", port: 7090 },
    adminTls: null,
    podUid: "local",
    podName: "local",
    allowedHosts: [],
    showsNamespaces: false,
  });
});

test("the admin port has TLS where a folder with its certificate is named, by flag or by variable", () => {
  const env = { RETRIEVER_ADMIN_TLS: "/a" };
  expect(parseSettings({}, env).adminTls).toEqual({ certificate: "/a", proof: null });
  expect(parseSettings({ adminTls: "/b" }, env).adminTls?.certificate).toBe("/b");
  expect(() => parseSettings({}, { RETRIEVER_ADMIN_TLS: "" })).toThrow(/adminTls/);
});

test("flags win over variables, and the base in variables needs no directory", () => {
  const env = { RETRIEVER_CONFIG: "/a", RETRIEVER_LISTEN: "[::1]:1", RETRIEVER_POD_UID: "u", RETRIEVER_POD_NAME: "p" };
  expect(parseSettings({ config: "/b" }, env)).toMatchObject({
    config: "/b",
    listen: { host: "::1", port: 1 },
    podUid: "u",
  });
  expect(parseSettings({}, { RETRIEVER_PRIMARY_KIND: "qdrant" }).config).toBeNull();
});

test("every fault is told at once", () => {
  const env = { RETRIEVER_LISTEN: "nowhere", RETRIEVER_ADMIN: "h:70000", RETRIEVER_ALLOWED_HOSTS: "a,b=HOME" };
  expect(() => parseSettings({}, env)).toThrow(
    /listen: expected host:port; admin: expected host:port; allowedHosts: entry 2/,
  );
});
