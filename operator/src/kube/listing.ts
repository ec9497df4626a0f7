// Lists in pages from the newest state of the API server: of each object only what the caller picks is kept.
import { hasCode, OperatorError } from "#errors.ts";
import { describePlace, isAnswerTooLarge } from "./api-errors.ts";
import type { KubeList, KubeObject } from "./documents.ts";
import type { KubeRequest } from "./kube-request.ts";
import type { Place } from "./resources.ts";

type Query = Readonly<Record<string, string>>;
/** What is listed, and how it is selected. */
type Selection = Readonly<{ place: Place; query?: Query }>;

/** One page of a collection. */
type Page = {
  readonly items: readonly KubeObject[];
  /** Version of the whole list. */
  readonly resourceVersion: string;
  /** Where the next page begins; empty on the last one. */
  readonly next: string;
};

/** Large enough for few requests, small enough that a page of usual objects is a few MiB. */
const mostItems = 500;
/** Of collections whose pages were too large, by who asks and path: whoever may write annotations makes objects of 256 KiB. */
const pageSizes = new WeakMap<KubeRequest, Map<string, number>>();
const mostPageSizes = 1000;

/** The page that begins at `next`; empty: the first one. One that is too large is asked for again with half its objects. */
export async function listPage(
  request: KubeRequest,
  selection: Selection,
  next: string,
  signal: AbortSignal,
): Promise<Page> {
  const { place, query } = selection;
  const sizes = pageSizes.get(request) ?? new Map<string, number>();
  pageSizes.set(request, sizes);
  const key = `${describePlace(place)} ${JSON.stringify(query ?? {})}`;
  for (let size = sizes.get(key) ?? mostItems; ; size = Math.ceil(size / 2)) {
    try {
      const page = await readPage(request, selection, { next, size }, signal);
      // They may have gone again.
      const wider = size + Math.ceil(size / 8);
      if (size < mostItems && page.next === "") keepSize(sizes, key, wider);
      return page;
    } catch (fault) {
      if (size === 1 || query?.["limit"] !== undefined || !isAnswerTooLarge(fault)) throw fault;
      keepSize(sizes, key, Math.ceil(size / 2));
    }
  }
}

function keepSize(sizes: Map<string, number>, key: string, size: number): void {
  if (sizes.size >= mostPageSizes) sizes.clear();
  if (size >= mostItems) sizes.delete(key);
  else sizes.set(key, size);
}

async function readPage(
  request: KubeRequest,
  { place, query }: Selection,
  { next, size }: { readonly next: string; readonly size: number },
  signal: AbortSignal,
): Promise<Page> {
  const paging: Query = { limit: String(size), ...query, ...(next === "" ? {} : { continue: next }) };
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
