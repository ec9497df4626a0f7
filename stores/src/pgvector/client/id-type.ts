// Types of a column that can't hold the ids of chunks: their values have no one text, or no order.

const unfit =
  /^(_.*|jsonb?|xml|record|point|line|lseg|box|path|polygon|circle|tsvector|tsquery|xid|cid|jsonpath|aclitem)$/;

/** Why a column can't hold ids; null: it can. */
export function whyNoId({ name, type }: { readonly name: string; readonly type: string }): string | null {
  if (!unfit.test(type)) return null;
  return `${name}: expected a column of text, numbers or UUIDs for the chunks' ids, it is ${type.replace(/^_(.*)/, "$1[]")}; name another one by fields.id, or a view that makes it one`;
}
