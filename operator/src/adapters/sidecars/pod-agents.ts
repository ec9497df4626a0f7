// Connections to ports for the operator: authorities and its own certificate, read again now and then.
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { Agent } from "undici";
import type { PodPeer } from "#core/model/pod-peer.ts";
import { OperatorError } from "#errors.ts";
import { originOf } from "#http/exchange.ts";

export type PodTls = {
  /** File with the authorities of pods' certificates; absent: those that the runtime knows. */
  readonly caFile?: string | undefined;
  /** Folder with tls.crt and tls.key of the operator's own; absent: it has none to show. */
  readonly clientFolder?: string | undefined;
  /** Told, once, of files that were renewed and can't be used. */
  readonly onFault?: ((fault: unknown) => void) | undefined;
};
type AgentOptions = PodTls & {
  readonly connect: Agent.Options & { readonly timeoutMs: number };
  /** In ms, of a clock that never goes back. */
  readonly elapsed?: () => number;
};
type Reach = {
  readonly origin: string;
  readonly dispatcher: Agent;
  readonly headers?: Readonly<Record<string, string>>;
};
type Material = { readonly ca?: string; readonly cert?: string; readonly key?: string };

/** How long files are used as they were read. */
const rereadMs = 10_000;

/** One agent, and another one whenever a file has another text. */
export function openAgents({ connect, elapsed = () => performance.now(), ...tls }: AgentOptions) {
  const { timeoutMs, ...pool } = connect;
  const { caFile, clientFolder } = tls;
  const open = (material: Material): Agent =>
    new Agent({ ...pool, allowH2: false, connect: { timeout: timeoutMs, ...material } });
  let current: { readonly material?: Material; readonly agent: Agent } = { agent: open({}) };
  let readAt = Number.NEGATIVE_INFINITY;
  let isTold = false;
  const renew = async (about: string): Promise<void> => {
    const material = await readMaterial(tls, about).catch((fault: unknown) => {
      // A Secret whose parts don't fit yet, or was emptied by mistake, must not make all pods unheard.
      if (current.material === undefined) throw fault;
      if (!isTold) tls.onFault?.(fault);
      isTold = true;
      return undefined;
    });
    readAt = elapsed();
    if (material === undefined) return;
    isTold = false;
    const { ca, cert, key } = current.material ?? {};
    if (current.material !== undefined && material.ca === ca && material.cert === cert && material.key === key) return;
    // Requests under way end by themselves; none lasts longer than its deadline.
    void current.agent.close().catch(() => undefined);
    current = { material, agent: open(material) };
  };
  return {
    reach: async ({ address, port, serverName, podUid }: PodPeer, about: string): Promise<Reach> => {
      if (podUid !== undefined && clientFolder === undefined)
        throw unreachable(`${about} (it asks for the operator's certificate; give --sidecar-client-tls)`);
      const hasFiles = caFile !== undefined || clientFolder !== undefined;
      if (serverName !== undefined && hasFiles && elapsed() - readAt > rereadMs) await renew(about);
      const origin = originOf(address, port, serverName === undefined ? "http" : "https");
      // The name that the certificate is held to is the one that is asked for.
      const named = serverName === undefined ? {} : { headers: { host: serverName } };
      return { origin, dispatcher: current.agent, ...named };
    },
    close: () => current.agent.destroy(),
  };
}

async function readMaterial({ caFile, clientFolder }: PodTls, about: string): Promise<Material> {
  const authorities = `${about} (its authorities, --sidecar-ca-file, can't be read)`;
  const own = `${about} (--sidecar-client-tls can't be read)`;
  const [ca, cert, key] = await Promise.all([
    readPart(caFile, authorities),
    readPart(clientFolder && `${clientFolder}/tls.crt`, own),
    readPart(clientFolder && `${clientFolder}/tls.key`, own),
  ]);
  // Without any, the authorities that the runtime knows would do.
  if (ca?.includes("-----BEGIN CERTIFICATE-----") === false) throw unreachable(authorities);
  const material = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
  try {
    createSecureContext(material);
  } catch (cause) {
    throw unreachable(own, cause);
  }
  return material;
}

/** Undefined where nobody names it; an empty file is as good as none. */
async function readPart(file: string | undefined, word: string): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw unreachable(word, cause);
  });
  if (text === "") throw unreachable(word);
  return text;
}

function unreachable(word: string, cause?: unknown): OperatorError {
  return new OperatorError("ROP_SIDECAR_UNREACHABLE", word, { cause });
}
