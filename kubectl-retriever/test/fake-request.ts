// Calls to an API server of a few objects: what isn't there is not found, and what is a code is refused with it.
import { type ErrorCode, OperatorError } from "@retriever/operator/errors.ts";
import { type KubeCall, type KubeRequest, verbOf } from "@retriever/operator/kube/kube-request.ts";
import { pathOf, rightOf } from "@retriever/operator/kube/resources.ts";

/** Objects, lists (arrays) or codes of faults by their path. */
export function makeFakeRequest(
  answers: Readonly<Record<string, unknown>>,
): KubeRequest & { readonly calls: KubeCall[] } {
  const calls: KubeCall[] = [];
  const request = async (call: KubeCall): Promise<unknown> => {
    calls.push(call);
    const answer = answers[pathOf(call.place)] ?? "ROP_NOT_FOUND";
    if (typeof answer === "string") {
      const details = { verb: verbOf(call), resource: rightOf(call.place) };
      throw new OperatorError(answer as ErrorCode, `${details.verb} ${details.resource}`, { details });
    }
    return Array.isArray(answer) ? { items: answer, metadata: {} } : answer;
  };
  return Object.assign(request, { calls });
}
