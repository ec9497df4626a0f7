// Objects and lists reduced to their metadata, for whoever asks for no more.
// Pure; knows nothing of what the objects are.
import { isObject } from "../model/json.ts";

const metaVersion = "meta.k8s.io/v1";

/** The answer in the form that the Accept header prefers, if that is metadata alone; else as it is. */
export function asAsked(accept: string, body: unknown): unknown {
  const [preferred = ""] = accept.split(",");
  const kind = /;as=(PartialObjectMetadata(?:List)?);/.exec(preferred)?.[1];
  if (kind === undefined || !isObject(body) || body["kind"] === "Status") return body;
  const { items, metadata } = body;
  if (kind === "PartialObjectMetadata") return partial(body);
  if (!Array.isArray(items)) return body;
  // A real one has a list that was never begun where there are none.
  const reduced = items.length === 0 ? null : items.map(partial);
  return { kind, apiVersion: metaVersion, metadata, items: reduced };
}

function partial(object: unknown): object {
  return {
    kind: "PartialObjectMetadata",
    apiVersion: metaVersion,
    metadata: isObject(object) ? object["metadata"] : {},
  };
}
