// Lists in pages from the newest state of the API server: of each object only what the caller picks is kept.
import { hasCode, OperatorError } from "#errors.ts";
import { describePlace } from "./api-errors.ts";
import type { KubeList, KubeObject } from "./documents.ts";
import type { KubeRequest } from "./kube-request.ts";
import type { Place } from "./resources.ts";

type Query = Readonly<Record<string, string>>;
/** What is listed, and how it is selected. */
export type Selection = Readonly<{ place: Place; query?: Query }>;

/** One page of a collection. */
type Page = {
  readonly items: readonly KubeObject[];
  /** Version of the whole list. */
  readonly resourceVersion: string;
  /** Where the next page begins; empty on the last one. */
  readonly next: string;
};

/** Large enough for few requests, small enough that a page of the largest objects is a few MiB. */
const pageSize = 500;

/** The page that begins at `next`; empty: the first one. */
export async function listPage(
  request: KubeRequest,
  { place, query }: Selection,
  next: string,
  signal: AbortSignal,
): Promise<Page> {
  const paging: Query = { limit: String(pageSize), ...query, ...(next === "" ? {} : { continue: next }) };
  const page = (await request({ method: "GET", place, query: paging, signal })) as KubeList | undefined;
  if (!Array.isArray(page?.items))
    throw new OperatorError("ROP_API_ANSWER_INVALID", `list ${describePlace(place)}: no items`);
  const { resourceVersion = "", continue: after = "" } = page.metadata ?? {};
  return { items: page.items as readonly KubeObject[], resourceVersion, next: after };
}

/**
 * What is picked of every object of a collection. However many others lie there, only what is picked and one page are
 * held in memory. Begins once more when the server dropped the snapshot between two pages.
 */
export async function listAll<T>(
  request: KubeRequest,
  selection: Selection,
  pick: (item: KubeObject) => readonly T[],
  signal: AbortSignal,
): Promise<readonly T[]> {
  return restartOnce(async () => {
    const picked: T[] = [];
    await eachPage(request, selection, (items) => picked.push(...items.flatMap(pick)), signal);
    return picked;
  });
}

/** Hands on every page, and returns the version of the list. Rejects with ROP_EXPIRED when a page came too late. */
export async function eachPage(
  request: KubeRequest,
  selection: Selection,
  onPage: (items: readonly KubeObject[]) => void,
  signal: AbortSignal,
): Promise<string> {
  for (let next = ""; ; ) {
    const page = await listPage(request, selection, next, signal);
    onPage(page.items);
    if (page.next === "") return page.resourceVersion;
    next = page.next;
  }
}

/** A list whose snapshot is gone is begun anew, once. */
export async function restartOnce<T>(list: () => Promise<T>): Promise<T> {
  try {
    return await list();
  } catch (fault) {
    if (!hasCode(fault, "ROP_EXPIRED")) throw fault;
    return list();
  }
}
