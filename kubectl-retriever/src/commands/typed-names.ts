// Names of objects as they are typed. What no object is called is refused before anything is asked: a path of the API
// made of it would be another one. Whether there is such an object, the cluster says.
import { InvalidArgumentError } from "commander";

const ownType = /^(?:rmig|retrievermigrations?(?:\.(?:v1alpha1\.)?retriever\.dev)?)\/(?=[^/]+$)/;

/** The name of a migration; `rmig/NAME` as well, as kubectl takes it and `-o name` prints it. */
export function parseMigrationName(text: string): string {
  const name = text.replace(ownType, "");
  if (name !== "" && !name.includes("/") && !/^\.+$/.test(name)) return name;
  throw new InvalidArgumentError("expected the name of a RetrieverMigration, and its namespace by -n");
}

/** The name of a namespace. */
export function parseNamespace(text: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError("expected the name of a namespace");
}

/** The same of an option that may be repeated. */
export function collectNamespaces(text: string, before: readonly string[]): readonly string[] {
  return [...before, parseNamespace(text)];
}
