// delete, with preconditions, grace periods and finalizers.
// Works on the store synchronously.

import { z } from "zod";
import { badRequest, conflict, methodNotAllowed, notFound, type StatusBody } from "../model/failure.ts";
import type { KubeObject } from "../model/json.ts";
import { type Call, type Cluster, isDryRun } from "./call.ts";
import { beginDeletion, graceOf } from "./purge.ts";
import { admit } from "./write.ts";

/** Deletes one object; answers with it while something holds it, else with a Success status. */
export function deleteObject(cluster: Cluster, call: Call): KubeObject | StatusBody {
  const { type, namespace, name } = call;
  // Nobody here would empty a namespace, or take the objects of a definition along.
  if (call.subresource !== "" || ["namespaces", "customresourcedefinitions"].includes(type.plural))
    throw methodNotAllowed();
  const live = cluster.store.get(type.storage, namespace, name);
  if (live === undefined) throw notFound(type, name);
  const options = parseOptions(call);
  checkPreconditions(call, options, live);
  admit(cluster, call, live, undefined);
  if (isDryRun(call)) return success(call, live);
  const grace = graceOf(type, live);
  const marked = beginDeletion(cluster, type, live, grace === 0 ? 0 : (options.gracePeriodSeconds ?? grace));
  const held = cluster.store.get(type.storage, namespace, name) !== undefined || type.plural === "pods";
  return held ? marked : success(call, live);
}

function success({ type, name }: Call, live: KubeObject): StatusBody {
  const details = {
    name,
    ...(type.group === "" ? {} : { group: type.group }),
    kind: type.plural,
    uid: live.metadata.uid,
  };
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details, code: 200 };
}

/** The part of DeleteOptions that this API honours; there is no collector for another propagation. */
const optionsSchema = z.strictObject({
  apiVersion: z.string().optional(),
  kind: z.literal("DeleteOptions").optional(),
  gracePeriodSeconds: z.int().min(0).optional(),
  propagationPolicy: z
    .literal("Background", { error: ({ input }) => `only Background is supported, not ${String(input)}` })
    .optional(),
  preconditions: z.strictObject({ uid: z.string(), resourceVersion: z.string() }).partial().default({}),
});
type Options = z.infer<typeof optionsSchema>;

function parseOptions({ body = {} }: Call): Options {
  const { success, data, error } = optionsSchema.safeParse(body);
  if (success) return data;
  throw badRequest(`DeleteOptions: ${z.prettifyError(error)}`);
}

function checkPreconditions({ type, name }: Call, { preconditions }: Options, live: KubeObject): void {
  for (const [field, label] of [
    ["uid", "UID"],
    ["resourceVersion", "ResourceVersion"],
  ] as const) {
    const [wanted, actual = ""] = [preconditions[field], live.metadata[field]];
    if (wanted === undefined || wanted === actual) continue;
    const why = `Precondition failed: ${label} in precondition: ${wanted}, ${label} in object meta: ${actual}`;
    throw conflict(type, name, why);
  }
}
