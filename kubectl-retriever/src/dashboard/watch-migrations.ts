// The watch of the pages: the operator's own list and watch, and one small read to see whether the server still answers.
import { asOperatorError, hasCode } from "@retriever/operator/errors.ts";
import type { KubeObject } from "@retriever/operator/kube/documents.ts";
import type { KubeConnection } from "@retriever/operator/kube/kube-access.ts";
import { type KubeRequest, metadataOf } from "@retriever/operator/kube/kube-request.ts";
import { Reflector } from "@retriever/operator/kube/reflector.ts";
import { migrations } from "@retriever/operator/kube/resources.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import { notServed } from "#kube-client.ts";
import type { MigrationSource } from "./live-migrations.ts";

type Cluster = { readonly kube: KubeConnection; readonly request: KubeRequest };

/** A watch without a bookmark for this long is opened anew; they come about once a minute. */
const inactivityMs = 90_000;
/** Migrations whose versions are held against what the watch told. */
const probed = "50";
const resyncMs = 600_000;
const backoff = { baseMs: 500, capMs: 15_000 };

/** Of one namespace, or of all. */
export function watchMigrations(
  { kube, request }: Cluster,
  namespace: string | undefined,
  clock: Clock,
): MigrationSource {
  const place = { resource: migrations, ...(namespace === undefined ? {} : { namespace }) };
  return {
    watch: ({ mark, onList, onEvent, onFault }) => {
      const reflector = new Reflector({
        connection: kube,
        request,
        clock,
        random: Math.random,
        place,
        query: {},
        inactivityMs,
        resyncMs,
        backoff,
        onList: () => {
          const items: KubeObject[] = [];
          const since = mark();
          return { page: (page) => void items.push(...page), end: () => onList(items, since) };
        },
        onEvent,
        // A list that only checks the watch fails alone: the watch goes on, and the probe says whether the server is lost.
        onFault: (fault, of) => {
          if (of === "watch") onFault(fault);
        },
      });
      reflector.start();
      return () => reflector.stop();
    },
    probe: async (signal) => {
      const accept = metadataOf("PartialObjectMetadataList");
      try {
        const answer = await request({ method: "GET", place, query: { limit: probed }, accept, signal });
        return (answer as { readonly items?: readonly unknown[] }).items ?? [];
      } catch (fault) {
        throw hasCode(fault, "ROP_NOT_FOUND") ? notServed(migrations, fault) : asOperatorError(fault);
      }
    },
  };
}

/** All namespaces where they may be listed, else the context's alone. */
export async function visibleNamespaces(
  request: KubeRequest,
  own: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const accept = metadataOf("PartialObjectMetadataList");
    await request({ method: "GET", place: { resource: migrations }, query: { limit: "1" }, accept, signal });
    return undefined;
  } catch (fault) {
    if (hasCode(fault, "ROP_FORBIDDEN")) return own;
    throw hasCode(fault, "ROP_NOT_FOUND") ? notServed(migrations, fault) : fault;
  }
}
