// Pods' tokens, proved by the API server: that a token is of this very pod, and was meant for the operator.
import { hash } from "node:crypto";
import { podTokenAudience, podTokenHeader } from "@retriever/sidecar/contract/names.ts";
import { z } from "zod";
import type { PodPeer } from "#core/model/pod-peer.ts";
import { OperatorError } from "#errors.ts";
import type { KubeRequest } from "#kube/kube-request.ts";
import { tokenReviews, typeOf } from "#kube/resources.ts";
import type { Clock } from "#ports/clock.ts";

type Answer = { readonly headers: Readonly<Record<string, string | string[] | undefined>> };
export type PodTokens = {
  /** Rejects with ROP_SIDECAR_NOT_PROVED unless the answer brings a token of the pod that was asked. */
  readonly prove: (peer: PodPeer, answer: Answer, signal: AbortSignal) => Promise<void>;
};

/** Of an operator that asks no pod for a proof. */
export const noTokens: PodTokens = {
  prove: async ({ podUid, address, port }) => {
    if (podUid === undefined) return;
    throw new OperatorError("ROP_SIDECAR_NOT_PROVED", `${address}:${port}: nobody is there to prove its token`);
  },
};

const podUidKey = "authentication.kubernetes.io/pod-uid";
const reviewSchema = z.object({
  status: z.object({
    authenticated: z.boolean().default(false),
    audiences: z.array(z.string()).default([]),
    user: z.object({ extra: z.record(z.string(), z.array(z.string())).default({}) }).default({ extra: {} }),
  }),
});

/** A kubelet renews a token long before an hour; a bound on what is believed of its own word of when it ends. */
const longestMs = 3_600_000;
const mostTokenChars = 8192;
/** More pods than an operator watches. */
const mostKept = 16_384;

/** Proofs are kept until their tokens end: by digest, since nothing here needs the token again. */
export function makePodTokens({ request, clock }: { readonly request: KubeRequest; readonly clock: Clock }): PodTokens {
  const proved = new Map<string, { readonly digest: string; readonly until: number }>();
  const keep = (uid: string, digest: string, until: number): void => {
    proved.delete(uid);
    const [oldest] = proved.keys();
    if (proved.size >= mostKept && oldest !== undefined) proved.delete(oldest);
    proved.set(uid, { digest, until });
  };
  return {
    prove: async ({ podUid, address, port }, { headers }, signal) => {
      if (podUid === undefined) return;
      const refuse = (why: string) => new OperatorError("ROP_SIDECAR_NOT_PROVED", `${address}:${port}: ${why}`);
      const token = headers[podTokenHeader];
      if (typeof token !== "string" || token.length > mostTokenChars) throw refuse("it sent no token of its pod");
      const digest = hash("sha256", token);
      const known = proved.get(podUid);
      if (known?.digest === digest && known.until > clock.now()) return;
      const until = endOf(token);
      if (until === undefined || podUid === "") throw refuse("it sent no token of its pod");
      const fault = faultOf(await review(request, token, signal), podUid);
      if (fault !== undefined) throw refuse(fault);
      keep(podUid, digest, Math.min(until, clock.now() + longestMs));
    },
  };
}

async function review(request: KubeRequest, token: string, signal: AbortSignal): Promise<Review> {
  const body = { ...typeOf(tokenReviews), spec: { token, audiences: [podTokenAudience] } };
  const answer = await request({ method: "POST", place: { resource: tokenReviews }, body, signal });
  const parsed = reviewSchema.safeParse(answer);
  if (parsed.success) return parsed.data.status;
  throw new OperatorError("ROP_API_ANSWER_INVALID", "create tokenreviews: expected a review with a status");
}

type Review = z.infer<typeof reviewSchema>["status"];

function faultOf({ authenticated, audiences, user }: Review, podUid: string): string | undefined {
  if (!authenticated || !audiences.includes(podTokenAudience)) return `its token isn't valid for ${podTokenAudience}`;
  return user.extra[podUidKey]?.join() === podUid ? undefined : "its token is another pod's";
}

const claimsSchema = z.object({ exp: z.number() });

/** Epoch ms; undefined: it is no token. Nothing is believed of it before the API server has proved the whole. */
function endOf(token: string): number | undefined {
  const [, claims = ""] = token.split(".", 3);
  try {
    const parsed = claimsSchema.safeParse(JSON.parse(Buffer.from(claims, "base64url").toString("utf8")));
    return parsed.success ? parsed.data.exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
