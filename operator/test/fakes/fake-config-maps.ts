// The part of an API server that keeps ConfigMaps, in memory: versions, labels, merge patches, and faults on demand.

import { OperatorError } from "#errors.ts";
import type { KubeCall, KubeRequest } from "#kube/kube-request.ts";

type StoredConfigMap = {
  metadata: {
    name: string;
    resourceVersion: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
    ownerReferences?: unknown;
  };
  data: Record<string, string>;
};
type Body = { metadata?: Partial<StoredConfigMap["metadata"]>; data?: Record<string, string> };

/** Every call is written down in `calls`, e.g. `PATCH docs-evidence-001`. */
export class FakeConfigMaps {
  readonly calls: string[] = [];
  readonly maps = new Map<string, StoredConfigMap>();
  /** What the next calls meet: a fault before, or after the write has happened. */
  fault: ((call: KubeCall) => { readonly when: "before" | "after"; readonly error: unknown } | undefined) | undefined;
  hangs = false;
  #version = 0;

  readonly request: KubeRequest = async (call) => {
    this.calls.push(
      `${call.method} ${call.place.name ?? (call.body as Body | undefined)?.metadata?.name ?? ""}`.trim(),
    );
    if (this.hangs) await new Promise(() => undefined);
    const fault = this.fault?.(call);
    if (fault?.when === "before") throw fault.error;
    const answer = structuredClone(this.#handle(call));
    if (fault !== undefined) throw fault.error;
    return answer;
  };

  /** Texts of all records, as they lie there. */
  records(): string[] {
    const kept = [...this.maps.values()].filter(({ metadata }) => metadata.name.includes("-evidence-"));
    return kept.flatMap(({ data }) => Object.values(data));
  }

  #handle(call: KubeCall): unknown {
    const { method, place } = call;
    const body = call.body as Body | undefined;
    if (method === "POST") return this.#create(body?.metadata?.name ?? "", body ?? {});
    if (place.name === undefined) {
      const items = this.#select(call.query?.["labelSelector"] ?? "");
      // An API server has null for none where metadata alone is asked for.
      return {
        items: items.length === 0 && call.accept?.includes("PartialObjectMetadataList") === true ? null : items,
      };
    }
    const map = this.maps.get(place.name);
    if (map === undefined) throw new OperatorError("ROP_NOT_FOUND", place.name);
    if (method === "PATCH") this.#merge(map, body ?? {});
    if (method === "DELETE") this.maps.delete(place.name);
    return map;
  }

  #create(name: string, { metadata, data }: Body): StoredConfigMap {
    if (this.maps.has(name)) throw new OperatorError("ROP_CONFLICT", name);
    const { labels = {}, annotations = {}, ...rest } = metadata ?? {};
    const map = { metadata: { ...rest, name, labels, annotations, resourceVersion: this.#next() }, data: { ...data } };
    this.maps.set(name, map);
    return map;
  }

  #merge(map: StoredConfigMap, { metadata, data }: Body): void {
    if (metadata?.resourceVersion !== map.metadata.resourceVersion)
      throw new OperatorError("ROP_CONFLICT", map.metadata.name);
    Object.assign(map.metadata.annotations, metadata.annotations);
    Object.assign(map.data, data);
    map.metadata.resourceVersion = this.#next();
  }

  #select(selector: string): unknown[] {
    const [label = "", value = ""] = selector.split("=");
    return [...this.maps.values()]
      .filter(({ metadata }) => metadata.labels[label] === value)
      .map(({ metadata }) => ({ metadata }));
  }

  #next(): string {
    this.#version += 1;
    return String(this.#version);
  }
}
