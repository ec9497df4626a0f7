// Connections to ports for the operator: authorities and its own certificate, read again now and then.
import { readFile } from "node:fs/promises";
import { Agent } from "undici";
import type { PodPeer } from "#core/model/pod-peer.ts";
import { OperatorError } from "#errors.ts";
import { originOf } from "#http/exchange.ts";

export type PodTls = {
  /** File with the authorities of pods' certificates; absent: those that the runtime knows. */
  readonly caFile?: string | undefined;
  /** Folder with tls.crt and tls.key of the operator's own; absent: it has none to show. */
  readonly clientFolder?: string | undefined;
};
type AgentOptions = PodTls & { readonly connect: Agent.Options & { readonly timeoutMs: number } };
type Reach = {
  readonly origin: string;
  readonly dispatcher: Agent;
  readonly headers?: Readonly<Record<string, string>>;
};
type Material = { readonly ca?: string; readonly cert?: string; readonly key?: string };

/** How long files are used as they were read. */
const rereadMs = 10_000;

/** One agent, and another one whenever a file has another text. */
export function openAgents({ connect: { timeoutMs, ...pool }, caFile, clientFolder }: AgentOptions) {
  const open = (material: Material): Agent =>
    new Agent({ ...pool, allowH2: false, connect: { timeout: timeoutMs, ...material } });
  let current: { readonly material: Material; readonly agent: Agent } = { material: {}, agent: open({}) };
  let readAt = Number.NEGATIVE_INFINITY;
  const renew = async (about: string): Promise<void> => {
    const [ca, cert, key] = await Promise.all([
      readPart(caFile, `${about} (its authorities, --sidecar-ca-file, can't be read)`),
      readPart(clientFolder && `${clientFolder}/tls.crt`, `${about} (--sidecar-client-tls can't be read)`),
      readPart(clientFolder && `${clientFolder}/tls.key`, `${about} (--sidecar-client-tls can't be read)`),
    ]);
    readAt = performance.now();
    const before = current.material;
    if (ca === before.ca && cert === before.cert && key === before.key) return;
    // Requests under way end by themselves; none lasts longer than its deadline.
    void current.agent.close().catch(() => undefined);
    const material = { ...(ca === undefined ? {} : { ca }), ...(cert && key ? { cert, key } : {}) };
    current = { material, agent: open(material) };
  };
  return {
    reach: async ({ address, port, serverName, podUid }: PodPeer, about: string): Promise<Reach> => {
      if (podUid !== undefined && clientFolder === undefined) {
        const word = `${about} (it asks for the operator's certificate; give --sidecar-client-tls)`;
        throw new OperatorError("ROP_SIDECAR_UNREACHABLE", word);
      }
      const hasFiles = caFile !== undefined || clientFolder !== undefined;
      if (serverName !== undefined && hasFiles && performance.now() - readAt > rereadMs) await renew(about);
      const origin = originOf(address, port, serverName === undefined ? "http" : "https");
      // The name that the certificate is held to is the one that is asked for.
      const named = serverName === undefined ? {} : { headers: { host: serverName } };
      return { origin, dispatcher: current.agent, ...named };
    },
    close: () => current.agent.destroy(),
  };
}

async function readPart(file: string | undefined, word: string): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new OperatorError("ROP_SIDECAR_UNREACHABLE", word, { cause });
  }
}
