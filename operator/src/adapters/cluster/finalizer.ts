// Adding and taking one finalizer: read, patch under the version read, and again when somebody was faster.
import { type KubeRequest, mergePatch } from "#kube/kube-request.ts";
import { ifThere, overtakenAgain, readObject } from "#kube/read-and-write.ts";
import type { Place } from "#kube/resources.ts";

type FinalizerEdit = {
  readonly place: Place;
  readonly finalizer: string;
  readonly present: boolean;
  /** Only the object with this uid: another one of the same name is none of our business. */
  readonly uid?: string;
};

/** Makes a finalizer present or absent. An object that is gone is left gone: resolves with whether it was there. */
export function editFinalizer(request: KubeRequest, edit: FinalizerEdit, signal: AbortSignal): Promise<boolean> {
  const { place, finalizer, present, uid } = edit;
  return overtakenAgain(async () => {
    const there = await readObject(request, place, signal);
    if (there === undefined || (uid !== undefined && there.metadata?.uid !== uid)) return false;
    const { finalizers: before = [], resourceVersion } = there.metadata ?? {};
    if (before.includes(finalizer) === present) return true;
    const finalizers = present ? [...before, finalizer] : before.filter((other) => other !== finalizer);
    const body = { metadata: { resourceVersion, finalizers } };
    const patch = request({ method: "PATCH", place, contentType: mergePatch, body, signal });
    return (await ifThere(patch.then(() => true))) ?? false;
  });
}
