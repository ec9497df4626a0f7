import { describe, expect, it } from "vitest";
import { environmentProxy } from "./environment-proxy.ts";

const proxy = "http://proxy.bank:3128";

describe("the proxy of the environment is taken as kubectl takes it", () => {
  it.each([
    ["none where no variable names one", {}, undefined],
    ["HTTPS_PROXY", { HTTPS_PROXY: proxy }, proxy],
    ["in small letters", { https_proxy: proxy }, proxy],
    ["without a scheme", { HTTPS_PROXY: "proxy.bank:3128" }, proxy],
    ["not that of HTTP", { HTTP_PROXY: proxy }, undefined],
    ["none where it is empty", { HTTPS_PROXY: "", https_proxy: "" }, undefined],
    ["none where NO_PROXY names the host", { HTTPS_PROXY: proxy, NO_PROXY: "a.b, kube.corp.bank" }, undefined],
    ["none where it names its domain", { HTTPS_PROXY: proxy, no_proxy: "CORP.bank" }, undefined],
    ["none where it names what is below it", { HTTPS_PROXY: proxy, NO_PROXY: ".corp.bank" }, undefined],
    ["none where it has a star before it", { HTTPS_PROXY: proxy, NO_PROXY: "*.corp.bank" }, undefined],
    ["none where it names all", { HTTPS_PROXY: proxy, NO_PROXY: "*" }, undefined],
    ["none where it names the port as well", { HTTPS_PROXY: proxy, NO_PROXY: "kube.corp.bank:6443" }, undefined],
    ["where it names another port", { HTTPS_PROXY: proxy, NO_PROXY: "kube.corp.bank:443" }, proxy],
    ["where it names the end of a word", { HTTPS_PROXY: proxy, NO_PROXY: "p.bank,rp.bank" }, proxy],
  ])("%s", (_, variables, expected) => {
    expect(environmentProxy("https://kube.corp.bank:6443", variables)).toBe(expected);
  });

  it.each([
    ["https://10.1.2.3", "10.0.0.0/8", undefined],
    ["https://10.1.2.3", "10.1.2.3", undefined],
    ["https://11.1.2.3", "10.0.0.0/8", proxy],
    ["https://11.1.2.3", "10.0.0.0/99,2.3", proxy],
    ["https://[fd00::1]:6443", "fd00::/8", undefined],
    ["https://[fd00::1]:6443", "[fd00::1]:6443", undefined],
    ["https://[fd00::1]:6443", "fe80::/10,10.0.0.0/8", proxy],
    ["https://127.0.0.1:6443", "", undefined],
    ["https://[::1]:6443", "", undefined],
    ["https://localhost:6443", "", undefined],
    ["no address", "", undefined],
  ])("of %s with NO_PROXY %s", (server, direct, expected) => {
    expect(environmentProxy(server, { HTTPS_PROXY: proxy, NO_PROXY: direct })).toBe(expected);
  });
});
