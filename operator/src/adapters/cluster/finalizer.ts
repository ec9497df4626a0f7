// Adding and taking one finalizer: read, patch under a test of the version read, and again when somebody was faster.
import { hasCode } from "#errors.ts";
import type { KubeObject } from "#kube/documents.ts";
import { jsonPatch, type KubeRequest } from "#kube/kube-request.ts";
import type { Place } from "#kube/resources.ts";

/** How often somebody else may be faster before the pass gives up and comes again later. */
const tries = 4;

export type FinalizerEdit = {
  readonly place: Place;
  readonly finalizer: string;
  readonly present: boolean;
  /** Only the object with this uid: another one of the same name is none of our business. */
  readonly uid?: string;
};

/** Makes a finalizer present or absent. An object that is gone is left gone: resolves with whether it was there. */
export async function editFinalizer(request: KubeRequest, edit: FinalizerEdit, signal: AbortSignal): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await editOnce(request, edit, signal);
    } catch (fault) {
      if (hasCode(fault, "ROP_NOT_FOUND")) return false;
      if (!isOvertaken(fault) || attempt === tries) throw fault;
    }
  }
}

/** A failed `test` of a JSON patch is answered as an invalid object. */
function isOvertaken(fault: unknown): boolean {
  return hasCode(fault, "ROP_CONFLICT") || hasCode(fault, "ROP_INVALID");
}

async function editOnce(request: KubeRequest, edit: FinalizerEdit, signal: AbortSignal): Promise<boolean> {
  const { metadata } = (await request({ method: "GET", place: edit.place, signal })) as KubeObject;
  if (edit.uid !== undefined && metadata?.uid !== edit.uid) return false;
  const finalizers = metadata?.finalizers ?? [];
  const at = finalizers.indexOf(edit.finalizer);
  if ((at !== -1) === edit.present) return true;
  const change = edit.present
    ? { op: "add", path: "/metadata/finalizers", value: [...finalizers, edit.finalizer] }
    : { op: "remove", path: `/metadata/finalizers/${at}` };
  await request({
    method: "PATCH",
    place: edit.place,
    contentType: jsonPatch,
    body: [{ op: "test", path: "/metadata/resourceVersion", value: metadata?.resourceVersion }, change],
    signal,
  });
  return true;
}
