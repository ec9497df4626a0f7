// The proxy that the environment names for a server, as kubectl takes it where the kubeconfig names none. Pure.
// Ours, because the libraries that read NO_PROXY (undici's among them) know no networks such as 10.0.0.0/8, by which clusters
// are usually left out.
import { BlockList, isIP } from "node:net";

type Variables = Readonly<Record<string, string | undefined>>;

/** Undefined: the server is asked directly. */
export function environmentProxy(server: string, variables: Variables): string | undefined {
  const url = URL.parse(server);
  if (url === null) return undefined;
  const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const proxy = (variables[name] || variables[name.toLowerCase()]) ?? "";
  const direct = (variables["NO_PROXY"] || variables["no_proxy"]) ?? "";
  if (proxy === "" || isDirect(url, direct)) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

/** This machine is never asked by way of another. */
function isDirect({ hostname, port, protocol }: URL, direct: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  if (host === "localhost" || isWithin(host, "127.0.0.0/8") || host === "::1") return true;
  const used = port === "" ? (protocol === "https:" ? "443" : "80") : port;
  return direct
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== "" && isNamed({ host, port: used }, entry));
}

/** `*`, an address, a network, or a domain and what is below it (with a dot before it: only that), each with a port or without. */
function isNamed({ host, port }: { readonly host: string; readonly port: string }, entry: string): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return isWithin(host, entry);
  const [, inBrackets, plain, wanted] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(entry) ?? [];
  if (wanted !== undefined && wanted !== port) return false;
  const name = (inBrackets ?? plain ?? entry).replace(/^\*(?=\.)/, "");
  return host === name || (isIP(host) === 0 && host.endsWith(name.startsWith(".") ? name : `.${name}`));
}

function isWithin(host: string, network: string): boolean {
  const [address = "", bits = ""] = network.split("/");
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits) || Number(bits) > most) return false;
  const type = family === 6 ? "ipv6" : "ipv4";
  const list = new BlockList();
  list.addSubnet(address, Number(bits), type);
  return list.check(host, type);
}
