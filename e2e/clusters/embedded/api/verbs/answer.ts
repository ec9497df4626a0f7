// One call in, one answer out: picks the verb. The same entry serves HTTP and in-process callers.
// Throws an ApiFailure for every refusal.

import { methodNotAllowed } from "../model/failure.ts";
import type { Call, Cluster } from "./call.ts";
import { createObject, updateObject } from "./change.ts";
import { deleteObject } from "./delete.ts";
import { patchObject } from "./patch.ts";
import { getObject, listObjects } from "./read.ts";

export type Answer = { readonly code: number; readonly body: unknown };

function plain(body: unknown): Answer {
  return { code: 200, body };
}

/** Answers any call but a watch. */
export function answer(cluster: Cluster, call: Call): Answer {
  switch (call.verb) {
    case "get":
      return plain(getObject(cluster, call));
    case "list":
      return plain(listObjects(cluster, call));
    case "delete":
      return plain(deleteObject(cluster, call));
    case "create":
    case "update":
    case "patch": {
      const act = { create: createObject, update: updateObject, patch: patchObject }[call.verb];
      const { object, code } = act(cluster, call);
      return { code, body: object };
    }
    case "watch":
      throw methodNotAllowed();
    default:
      throw new Error(`no such verb: ${String(call.verb satisfies never)}`);
  }
}
