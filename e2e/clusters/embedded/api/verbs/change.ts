// create and update.
// Each turns the request into a proposal; write.ts judges and stores it.

import { alreadyExists, badRequest, methodNotAllowed, notFound } from "../model/failure.ts";
import { isObject, type KubeObject, textOf, valueAt } from "../model/json.ts";
import { parseObject } from "../resources/metadata.ts";
import { type Call, type Cluster, type Outcome } from "./call.ts";
import { checkNamespace, write } from "./write.ts";

const maxNamePrefix = 58;
const nameAttempts = 8;

export function createObject(cluster: Cluster, call: Call): Outcome {
  const { type } = call;
  if (call.subresource !== "") throw methodNotAllowed();
  const object = parseObject(type, call.body, call.namespace, "");
  if (object.metadata.resourceVersion !== undefined && object.metadata.resourceVersion !== "") {
    throw badRequest("resourceVersion should not be set on objects to be created");
  }
  if (object.metadata.name === "") object.metadata.name = generatedName(cluster, call, object);
  checkNamespace(cluster, call);
  if (cluster.store.get(type.storage, call.namespace, object.metadata.name) !== undefined)
    throw alreadyExists(type, object.metadata.name);
  return write(cluster, { ...call, name: object.metadata.name }, { before: undefined, after: object });
}

function generatedName(cluster: Cluster, { type, namespace }: Call, object: KubeObject): string {
  const prefix = textOf(object.metadata.generateName);
  if (prefix === "") return "";
  for (let attempt = 0; attempt < nameAttempts; attempt += 1) {
    const name = `${prefix.slice(0, maxNamePrefix)}${cluster.suffix()}`;
    if (cluster.store.get(type.storage, namespace, name) === undefined) return name;
  }
  throw alreadyExists(type, prefix);
}

export function updateObject(cluster: Cluster, call: Call): Outcome {
  const { type, namespace, name } = call;
  const object = parseObject(type, call.body, namespace, name);
  if (!isObject(call.body) || textOf(valueAt(call.body, "metadata", "name")) === "") {
    throw badRequest('the name of the object ("") does not match the name on the URL');
  }
  const live = cluster.store.get(type.storage, namespace, name);
  if (live !== undefined) return write(cluster, call, { before: live, after: object });
  if (!type.createOnUpdate || call.subresource !== "") throw notFound(type, name);
  checkNamespace(cluster, call);
  delete object.metadata.resourceVersion;
  return write(cluster, call, { before: undefined, after: object });
}
