// All collections of a server and the aliases that lead to them.
// The catalog lives as long as the server's data: longer than any listening socket.
import { Collection, type Visibility } from "./collection.ts";
import type { CollectionConfig } from "./collection-config.ts";
import { ApiFault, noCollection, ShapeFault } from "./fault.ts";
import { type Json, JsonObject } from "./json-value.ts";
import { asList, asObject, asString, required } from "./members.ts";

export class Catalog {
  readonly collections = new Map<string, Collection>();
  readonly aliases = new Map<string, string>();
  private readonly visible: Visibility;

  constructor(visible: Visibility) {
    this.visible = visible;
  }

  /** The collection of that name or alias. Throws when there is none. */
  get(name: string): Collection {
    const collection = this.collections.get(this.aliases.get(name) ?? name);
    if (collection === undefined) throw noCollection(name);
    return collection;
  }

  has(name: string): boolean {
    return this.collections.has(this.aliases.get(name) ?? name);
  }

  create(name: string, config: CollectionConfig): Collection {
    if (this.has(name)) throw new ApiFault(409, `Wrong input: Collection \`${name}\` already exists!`);
    const collection = new Collection(config, this.visible);
    this.collections.set(name, collection);
    return collection;
  }

  /** Whether there was one. */
  delete(name: string): boolean {
    for (const [alias, target] of this.aliases) if (target === name) this.aliases.delete(alias);
    return this.collections.delete(name);
  }
}

/** Body of `POST collections/aliases`. */
export function parseAliasActions(value: Json): (catalog: Catalog) => void {
  const actions = asList(required(asObject(value, "struct ChangeAliasesOperation"), "actions"));
  const changes = actions.map(parseAliasAction);
  return (catalog) => {
    for (const change of changes) change(catalog);
  };
}

function parseAliasAction(value: Json): (catalog: Catalog) => void {
  const [name, body] = [...asObject(value, "enum AliasOperations")][0] ?? ["", new JsonObject()];
  const text = (member: string) => asString(required(asObject(body, "a map"), member));
  if (name === "create_alias") {
    const [collection, alias] = [text("collection_name"), text("alias_name")];
    return (catalog) => {
      if (!catalog.collections.has(collection)) throw noCollection(collection);
      catalog.aliases.set(alias, collection);
    };
  }
  if (name === "delete_alias") {
    const alias = text("alias_name");
    return (catalog) => catalog.aliases.delete(alias);
  }
  throw new ShapeFault("data did not match any variant of untagged enum AliasOperations");
}
