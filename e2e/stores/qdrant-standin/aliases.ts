// Other names of collections: how they are changed, listed and followed.
import type { z } from "zod";
import type { aliasesBody } from "./bodies.ts";
import { ApiFault, noCollection, wrongInput } from "./data/fault.ts";

/** Of a server's data. */
type Names = {
  readonly collections: Pick<Map<string, unknown>, "has" | "delete">;
  readonly aliases: Map<string, string>;
};
type Action = z.infer<typeof aliasesBody>["actions"][number];

/** One action after the other; those before one that is refused stay done. */
export function changeAliases({ collections, aliases }: Names, actions: readonly Action[]): string {
  for (const action of actions) {
    if ("delete_alias" in action) {
      aliases.delete(action.delete_alias.alias_name);
      continue;
    }
    const { alias_name, collection_name } = action.create_alias;
    if (!collections.has(collection_name)) throw noCollection(collection_name);
    if (collections.has(alias_name)) throw alreadyThere(alias_name);
    aliases.set(alias_name, collection_name);
  }
  return "true";
}

export function listAliases({ aliases }: Pick<Names, "aliases">): string {
  const all = Array.from(aliases, ([alias_name, collection_name]) => ({ alias_name, collection_name }));
  return JSON.stringify({ aliases: all });
}

/** Whether there was one of the name, which an alias's isn't. Its aliases go with it. */
export function dropCollection({ collections, aliases }: Names, name: string): string {
  for (const [alias, own] of aliases) if (own === name) aliases.delete(alias);
  return String(collections.delete(name));
}

/** Throws where a collection can't be made of the name. */
export function checkFree({ collections, aliases }: Names, name: string): void {
  if (collections.has(name)) throw alreadyThere(name);
  if (!aliases.has(name)) return;
  throw wrongInput(`Can't create collection with name ${name}. Alias with the same name already exists`);
}

function alreadyThere(name: string): ApiFault {
  return new ApiFault(409, `Wrong input: Collection \`${name}\` already exists!`);
}
