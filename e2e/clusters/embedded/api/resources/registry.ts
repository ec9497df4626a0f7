// Which resources are served now: the built-in ones and those that stored definitions add.
// Keeps a table; decides nothing about objects.

import type { KubeObject } from "../model/json.ts";
import { builtinTypes } from "./builtin.ts";
import { definedTypes } from "./definition.ts";
import type { ResourceType } from "./resource-type.ts";

export type Registry = {
  readonly find: (group: string, version: string, plural: string) => ResourceType | undefined;
  readonly define: (definition: KubeObject) => void;
};

export function makeRegistry(): Registry {
  const custom = new Map<string, readonly ResourceType[]>();
  const all = () => [...builtinTypes, ...[...custom.values()].flat()];
  return {
    find: (group, version, plural) =>
      all().find((type) => type.group === group && type.version === version && type.plural === plural),
    define: (definition) => void custom.set(definition.metadata.name, definedTypes(definition)),
  };
}
