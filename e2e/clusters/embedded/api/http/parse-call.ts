// From an HTTP request to a call: path, verb, query, body. Refuses what the double would have to honour and can't.
// Pure.
import { parse as parseYaml } from "yaml";
import {
  badRequest,
  forbidden,
  methodNotAllowed,
  NoSuchPath,
  notSupported,
  unsupportedMediaType,
} from "../model/failure.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import type { Call, Cluster, User, Verb } from "../verbs/call.ts";

export type Incoming = {
  readonly method: string;
  readonly url: URL;
  readonly contentType: string;
  readonly userAgent: string;
  readonly body: string;
};

type Place = {
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly plural: string;
  readonly name: string;
  readonly subresource: string;
};

const anyQuery = ["pretty", "timeout"];
const listQuery = [
  "labelSelector",
  "fieldSelector",
  "limit",
  "continue",
  "resourceVersion",
  "timeoutSeconds",
  "watch",
  "allowWatchBookmarks",
];
const writeQuery = ["dryRun", "fieldManager", "fieldValidation"];
const deleteQuery = ["dryRun", "gracePeriodSeconds", "propagationPolicy"];
const knownQuery: Readonly<Record<Verb, readonly string[]>> = {
  get: ["resourceVersion"],
  list: listQuery,
  watch: listQuery,
  create: writeQuery,
  update: writeQuery,
  patch: [...writeQuery, "force"],
  delete: deleteQuery,
};

const maxManager = 128;

/** The call of a request by an authenticated user. */
export function parseCall(cluster: Cluster, incoming: Incoming, user: User): Call {
  const place = parsePlace(incoming.url.pathname);
  // Nothing of this project may ever read a Secret, whoever asks.
  if (place.group === "" && place.plural === "secrets") {
    throw forbidden(
      { group: "", plural: "secrets", kind: "Secret" },
      place.name,
      `User "${user.username}" cannot access resource "secrets" in API group "" in the embedded API`,
    );
  }
  const type = cluster.registry.find(place.group, place.version, place.plural);
  if (type === undefined) throw new NoSuchPath();
  checkScope(type, place);
  const query = parseQuery(incoming.url.searchParams);
  const verb = verbOf(incoming.method, place, query, type);
  for (const name of query.keys()) {
    if (!knownQuery[verb].includes(name) && !anyQuery.includes(name))
      throw notSupported(`the query parameter ${JSON.stringify(name)} on ${verb}`);
  }
  checkValues(query);
  const { namespace, name, subresource } = place;
  const manager = query.get("fieldManager") ?? incoming.userAgent.split("/")[0] ?? "";
  if (manager.length > maxManager)
    throw badRequest(`fieldManager: Invalid value: may not be more than ${maxManager} bytes`);
  return {
    verb,
    type,
    namespace,
    name,
    subresource,
    query,
    user,
    manager: manager === "" ? "unknown" : manager,
    contentType: incoming.contentType,
    body: parseBody(incoming, verb),
  };
}

function parsePlace(path: string): Place {
  const [root, ...parts] = path.split("/").slice(1).map(decodeURIComponent);
  if (root !== "api" && root !== "apis") throw new NoSuchPath();
  const isCore = root === "api";
  const { group, version, rest } = splitGroup(isCore ? ["", ...parts] : parts);
  const scoped = isScoped(rest, isCore);
  const [plural = "", name = "", subresource = "", ...more] = scoped ? rest.slice(2) : rest;
  if (plural === "" || more.length > 0) throw new NoSuchPath();
  return { group, version, namespace: scoped ? rest[1] : undefined, plural, name, subresource };
}

function splitGroup([group = "", version = "", ...rest]: readonly string[]) {
  return { group, version, rest };
}

/** Whether `namespaces/<name>/…` is the place of something else, not the Namespace itself or a part of it. */
function isScoped(rest: readonly string[], isCore: boolean): boolean {
  if (rest[0] !== "namespaces" || rest.length < 3) return false;
  return !(isCore && rest.length === 3 && ["status", "finalize"].includes(rest[2] ?? ""));
}

function checkScope(type: ResourceType, place: Place): void {
  if (!type.namespaced && place.namespace !== undefined) throw new NoSuchPath();
  if (type.namespaced && place.namespace === undefined && place.name !== "") throw new NoSuchPath();
  if (place.subresource !== "" && !type.subresources.includes(place.subresource)) throw new NoSuchPath();
}

function parseQuery(params: URLSearchParams): Map<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of params) {
    if (query.has(name) && query.get(name) !== value)
      throw notSupported(`two values of the query parameter ${JSON.stringify(name)}`);
    if (value !== "") query.set(name, value);
  }
  return query;
}

const allowedValues: Readonly<Record<string, readonly string[]>> = {
  dryRun: ["All"],
  fieldValidation: ["Ignore", "Warn", "Strict"],
  force: ["true", "false"],
  watch: ["true", "false", "1", "0"],
  allowWatchBookmarks: ["true", "false"],
};

function checkValues(query: ReadonlyMap<string, string>): void {
  for (const [name, allowed] of Object.entries(allowedValues)) {
    const value = query.get(name);
    if (value !== undefined && !allowed.includes(value))
      throw badRequest(
        `${name}: Unsupported value: ${JSON.stringify(value)}: supported values: ${allowed.map((one) => JSON.stringify(one)).join(", ")}`,
      );
  }
}

const collectionVerbs: Readonly<Record<string, Verb>> = {
  GET: "list",
  HEAD: "list",
  POST: "create",
};
const objectVerbs: Readonly<Record<string, Verb>> = {
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

function verbOf(method: string, place: Place, query: ReadonlyMap<string, string>, type: ResourceType): Verb {
  const verb = (place.name === "" ? collectionVerbs : objectVerbs)[method];
  const everywhere = type.namespaced && place.namespace === undefined;
  if (verb === undefined || (verb === "create" && everywhere)) throw methodNotAllowed();
  return verb === "list" && ["true", "1"].includes(query.get("watch") ?? "") ? "watch" : verb;
}

const jsonTypes = ["application/json", "application/yaml", ""];

function parseBody({ body, contentType }: Incoming, verb: Verb): unknown {
  if (["get", "list", "watch"].includes(verb) || body === "") {
    if (["create", "update", "patch"].includes(verb)) throw badRequest("the request has no body, expected an object");
    return undefined;
  }
  if (verb !== "patch" && !jsonTypes.includes(contentType))
    throw unsupportedMediaType(contentType, ["application/json", "application/yaml"]);
  try {
    return contentType.endsWith("yaml")
      ? (parseYaml(body, { maxAliasCount: 100 }) as unknown)
      : (JSON.parse(body) as unknown);
  } catch (error) {
    const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : "malformed";
    throw badRequest(`the object provided is unrecognized: ${why}`);
  }
}
