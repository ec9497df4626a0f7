// Which files a volume holds, from the pod's specification and the ConfigMaps that exist now.
// Pure; throws what keeps a real pod in ContainerCreating.
import { isObject, type JsonObject, listOf, textOf } from "../../api/model/json.ts";

export type Files = ReadonlyMap<string, string>;
type ReadConfigMap = (name: string) => Readonly<Record<string, string>> | undefined;

/** The files of a volume by name; undefined for a volume that is only an empty directory. */
export function filesOf(volume: JsonObject, readConfigMap: ReadConfigMap): Files | undefined {
  if (isObject(volume["configMap"])) return configMapFiles(volume["configMap"], readConfigMap);
  if (isObject(volume["emptyDir"])) return undefined;
  if (!isObject(volume["projected"]))
    throw new Error(`volume ${textOf(volume["name"])}: expected configMap, projected or emptyDir`);
  const files = new Map<string, string>();
  for (const source of listOf(volume["projected"]["sources"])) {
    if (!isObject(source) || !isObject(source["configMap"]))
      throw new Error(`volume ${textOf(volume["name"])}: only configMap sources are supported`);
    for (const [name, content] of configMapFiles(source["configMap"], readConfigMap)) files.set(name, content);
  }
  return files;
}

function configMapFiles(source: JsonObject, readConfigMap: ReadConfigMap): Files {
  const name = textOf(source["name"]);
  const optional = source["optional"] === true;
  const data = readConfigMap(name);
  if (data === undefined) {
    if (optional) return new Map();
    throw new Error(`configmap "${name}" not found`);
  }
  if (!Array.isArray(source["items"])) return new Map(Object.entries(data));
  return new Map(source["items"].filter(isObject).flatMap((item) => itemFile(item, name, data, optional)));
}

function itemFile(
  item: JsonObject,
  name: string,
  data: Readonly<Record<string, string>>,
  optional: boolean,
): (readonly [string, string])[] {
  const key = textOf(item["key"]);
  const content = data[key];
  if (content !== undefined) return [[textOf(item["path"]), content]];
  if (optional) return [];
  throw new Error(`configmap "${name}" references non-existent config key: ${key}`);
}
