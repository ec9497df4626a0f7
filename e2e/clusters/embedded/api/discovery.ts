// Discovery documents: versions, groups and resource lists, enough for clients that look before they ask.
// Reads the registry only.
import type { Registry } from "./registry.ts";
import { groupVersion, type ResourceType } from "./resource-type.ts";

const allVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/** The document at a discovery path, or undefined where there is none. */
export function discover(registry: Registry, path: string): unknown {
  if (path === "/version") return { major: "1", minor: "35", gitVersion: "v1.35.4-embedded", platform: "embedded" };
  if (path === "/api") return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
  if (path === "/apis") return { kind: "APIGroupList", apiVersion: "v1", groups: groups(registry) };
  const core = /^\/api\/(v1)$/.exec(path);
  if (core !== null) return resources(registry, "", "v1");
  const group = /^\/apis\/([^/]+)$/.exec(path);
  if (group !== null) {
    const found = groups(registry).find((one) => one.name === group[1]);
    return found === undefined ? undefined : { kind: "APIGroup", apiVersion: "v1", ...found };
  }
  const version = /^\/apis\/([^/]+)\/([^/]+)$/.exec(path);
  return version === null ? undefined : resources(registry, version[1] ?? "", version[2] ?? "");
}

function groups(registry: Registry) {
  const names = [...new Set(registry.all().map((type) => type.group))].filter((name) => name !== "");
  return names.map((name) => {
    const versions = [
      ...new Set(
        registry
          .all()
          .filter((type) => type.group === name)
          .map((type) => type.version),
      ),
    ];
    const rows = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions: rows, preferredVersion: rows[0] };
  });
}

function resources(registry: Registry, group: string, version: string): unknown {
  const types = registry.all().filter((type) => type.group === group && type.version === version);
  if (types.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: groupVersion({ group, version }),
    resources: types.flatMap(rows),
  };
}

function rows(type: ResourceType): unknown[] {
  const { plural, singular, namespaced, kind, shortNames, categories } = type;
  const own = { name: plural, singularName: singular, namespaced, kind, verbs: allVerbs, shortNames, categories };
  const parts = type.subresources.map((name) => ({
    name: `${plural}/${name}`,
    singularName: "",
    namespaced,
    ...(name === "scale" ? { group: "autoscaling", version: "v1", kind: "Scale" } : { kind }),
    verbs: ["get", "patch", "update"],
  }));
  return [own, ...parts];
}
