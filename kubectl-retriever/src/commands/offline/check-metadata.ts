// What an API server refuses of an object's metadata, in a manifest. Pure.
import { describe } from "@retriever/crds/faults.ts";
import type { ConfigFault } from "@retriever/stores/config/config-fault.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Name, namespace, labels and annotations; what else is there an API server sets by itself. */
export function metadataFaults(metadata: Fields): ConfigFault[] {
  return [...nameFaults(metadata), ...mapFaults(metadata, "labels"), ...mapFaults(metadata, "annotations")];
}

const word = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const objectName = new RegExp(`^(?=.{1,253}$)${word}(\\.${word})*$`);
const namespaceName = new RegExp(`^(?=.{1,63}$)${word}$`);
const keyPattern = new RegExp(
  `^((?=[^/]{1,253}/)${word}(\\.${word})*/)?(?=[^/]{1,63}$)[A-Za-z0-9]([-\\w.]*[A-Za-z0-9])?$`,
);
const labelValue = /^(?=.{0,63}$)([A-Za-z0-9]([-\w.]*[A-Za-z0-9])?)?$/;

function nameFaults({ name, generateName, namespace }: Fields): ConfigFault[] {
  const isNamed = (typeof name === "string" && objectName.test(name)) || (name === undefined && isPrefix(generateName));
  const isPlaced = namespace === undefined || (typeof namespace === "string" && namespaceName.test(namespace));
  return [
    ...(isNamed ? [] : [fault("metadata.name", name, "the name of an object: a-z, 0-9, - and .")]),
    ...(isPlaced ? [] : [fault("metadata.namespace", namespace, "the name of a namespace")]),
  ];
}

/** Five characters are put behind it. */
function isPrefix(generateName: unknown): boolean {
  return typeof generateName === "string" && objectName.test(`${generateName}x`);
}

function mapFaults(metadata: Fields, field: "labels" | "annotations"): ConfigFault[] {
  const map = metadata[field] ?? {};
  const path = `metadata.${field}`;
  if (typeof map !== "object" || Array.isArray(map)) return [fault(path, map, "a map of names and strings")];
  return Object.entries(map).flatMap(([key, value]: [string, unknown]) => {
    const at = `${path}.${key}`;
    // Prefixes of annotations are taken in any case.
    if (!keyPattern.test(field === "labels" ? key : key.toLowerCase()))
      return [{ path: at, message: `received ${describe(key)} as a name, expected a word, or a domain, / and a word` }];
    // YAML reads 1, true and on as what they look like.
    if (typeof value !== "string") return value === null ? [] : [fault(at, value, "a string: put it in quotes")];
    const isFit = field === "annotations" || labelValue.test(value);
    return isFit ? [] : [fault(at, value, "at most 63 letters, digits, -, _ and ., a letter or digit at both ends")];
  });
}

function fault(path: string, value: unknown, expected: string): ConfigFault {
  return { path, message: `received ${describe(value, path)}, expected ${expected}` };
}
