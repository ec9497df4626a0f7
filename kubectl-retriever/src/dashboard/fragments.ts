// Parts of a page that change by themselves, and which of them a browser lacks.
import { hash } from "node:crypto";

/** A part by the id of its element. What has parts is sent whole where its parts are other ones, else part by part. */
export type Fragment = {
  readonly id: string;
  readonly html: string;
  readonly parts?: readonly Fragment[];
};

/** Digests of what a browser shows, by id. */
export type Shown = ReadonlyMap<string, string>;

/** What a browser shows once it has the whole page. */
export function shownBy(fragments: readonly Fragment[]): Shown {
  return new Map(fragments.flatMap((fragment) => [...digestsOf(fragment)]));
}

/** The elements to replace, and what is shown afterwards. */
export function changesOf(
  fragments: readonly Fragment[],
  shown: Shown,
): { readonly changed: Readonly<Record<string, string>>; readonly shown: Shown } {
  const changed: Record<string, string> = {};
  const after = new Map<string, string>();
  for (const fragment of fragments) take(fragment);
  return { changed, shown: after };

  function take(fragment: Fragment): void {
    const isSame = shown.get(fragment.id) === digestOf(fragment);
    if (!isSame) changed[fragment.id] = fragment.html;
    if (isSame && fragment.parts !== undefined) {
      after.set(fragment.id, digestOf(fragment));
      for (const part of fragment.parts) take(part);
    } else for (const [id, digest] of digestsOf(fragment)) after.set(id, digest);
  }
}

function* digestsOf(fragment: Fragment): Generator<readonly [string, string]> {
  yield [fragment.id, digestOf(fragment)];
  for (const part of fragment.parts ?? []) yield* digestsOf(part);
}

/** What is shown as one text, for the address of the stream: a page that was just loaded is sent nothing twice. */
export function printShown(shown: Shown): string {
  return hash("sha256", JSON.stringify([...shown]), "base64url");
}

const digests = new WeakMap<Fragment, string>();

function digestOf(fragment: Fragment): string {
  const known = digests.get(fragment);
  if (known !== undefined) return known;
  const { parts, html } = fragment;
  const digest = hash("sha256", parts === undefined ? html : parts.map(({ id }) => id).join(" "), "base64url");
  digests.set(fragment, digest);
  return digest;
}
