// Lists in pages, bounded, from the newest state of the API server.
import { hasCode, OperatorError } from "#errors.ts";
import { describePlace } from "./api-errors.ts";
import type { KubeList, KubeObject } from "./documents.ts";
import type { KubeRequest } from "./kube-request.ts";
import type { Place } from "./resources.ts";

type Listing = { readonly items: readonly KubeObject[]; readonly resourceVersion: string };

const pageSize = "200";
/** More than this is a cluster this operator wasn't made for; an incomplete list must not pass for a complete one. */
const maxItems = 5000;

/** All objects of a collection. Begins once more when the server dropped the snapshot between two pages. */
export async function listAll(
  request: KubeRequest,
  place: Place,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Listing> {
  try {
    return await listPages(request, place, query, signal);
  } catch (fault) {
    if (!hasCode(fault, "ROP_EXPIRED")) throw fault;
    return listPages(request, place, query, signal);
  }
}

async function listPages(
  request: KubeRequest,
  place: Place,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Listing> {
  const items: KubeObject[] = [];
  let next = "";
  for (;;) {
    const paging: Record<string, string> = { ...query, limit: pageSize, ...(next === "" ? {} : { continue: next }) };
    const page = (await request({ method: "GET", place, query: paging, signal })) as KubeList | undefined;
    if (!Array.isArray(page?.items))
      throw new OperatorError("ROP_API_ANSWER_INVALID", `list ${describePlace(place)}: no items`);
    items.push(...(page.items as readonly KubeObject[]));
    if (items.length > maxItems)
      throw new OperatorError("ROP_API_ANSWER_INVALID", `list ${describePlace(place)}: more than ${maxItems} objects`);
    next = page.metadata?.continue ?? "";
    if (next === "") return { items, resourceVersion: page.metadata?.resourceVersion ?? "" };
  }
}
