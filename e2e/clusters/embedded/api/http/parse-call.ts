// From an HTTP request to a call: path, verb, query, body. Refuses what the double would have to honour and can't.
// Pure.
import { parse as parseYaml } from "yaml";
import { badRequest, forbidden, methodNotAllowed, NoSuchPath, unsupportedMediaType } from "../model/failure.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import type { Call, Cluster, User } from "../verbs/call.ts";
import { parseQuery, type Verb } from "../verbs/query.ts";

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
  const verb = verbOf(incoming, place, type);
  const query = parseQuery(verb, incoming.url.searchParams);
  const { namespace, name, subresource } = place;
  const manager = query.fieldManager ?? incoming.userAgent.split("/")[0] ?? "";
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

/** `/status` right below a namespace is a part of the Namespace, anything else there is a collection in it. */
const pathForm =
  /^\/(?:api|apis\/(?<group>[^/]+))\/(?<version>[^/]+)(?:\/namespaces\/(?<namespace>[^/]+)(?=\/(?!status$)))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+)(?:\/(?<subresource>[^/]+))?)?$/;

function parsePlace(path: string): Place {
  const found = pathForm.exec(path)?.groups;
  if (found === undefined) throw new NoSuchPath();
  const part = (name: string) => decodeURIComponent(found[name] ?? "");
  const namespace = found["namespace"] === undefined ? undefined : part("namespace");
  const [group, version, plural] = [part("group"), part("version"), part("plural")];
  return { group, version, namespace, plural, name: part("name"), subresource: part("subresource") };
}

function checkScope(type: ResourceType, { namespace, name, subresource }: Place): void {
  const fits = type.namespaced ? namespace !== undefined || name === "" : namespace === undefined;
  if (!fits || (subresource !== "" && !type.subresources.includes(subresource))) throw new NoSuchPath();
}

const collectionVerbs: Readonly<Record<string, Verb>> = {
  GET: "list",
  POST: "create",
};
const objectVerbs: Readonly<Record<string, Verb>> = {
  GET: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

function verbOf({ method, url }: Incoming, place: Place, type: ResourceType): Verb {
  const verb = (place.name === "" ? collectionVerbs : objectVerbs)[method];
  const everywhere = type.namespaced && place.namespace === undefined;
  if (verb === undefined || (verb === "create" && everywhere)) throw methodNotAllowed();
  return verb === "list" && isWatch(url) ? "watch" : verb;
}

export function isWatch({ searchParams }: URL): boolean {
  return ["true", "1"].includes(searchParams.get("watch") ?? "");
}

const jsonTypes = ["application/json", ""];

function parseBody({ body, contentType }: Incoming, verb: Verb): unknown {
  if (["get", "list", "watch"].includes(verb) || body === "") {
    if (["create", "update", "patch"].includes(verb)) throw badRequest("the request has no body, expected an object");
    return undefined;
  }
  if (verb !== "patch" && !jsonTypes.includes(contentType)) throw unsupportedMediaType(contentType, jsonTypes);
  try {
    return contentType.endsWith("yaml")
      ? (parseYaml(body, { maxAliasCount: 100 }) as unknown)
      : (JSON.parse(body) as unknown);
  } catch (error) {
    const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : "malformed";
    throw badRequest(`the object provided is unrecognized: ${why}`);
  }
}
