// One request to the API server in the name of another user, and what became of it: allowed, or refused with which words.
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { json } from "node:stream/consumers";
import { parse } from "yaml";
import { z } from "zod";

const kubeconfigSchema = z.object({
  clusters: z
    .array(z.object({ cluster: z.object({ server: z.string(), "certificate-authority-data": z.string() }) }))
    .min(1),
  users: z.array(z.object({ user: z.object({ token: z.string() }) })).min(1),
});

export type User = { readonly name: string; readonly groups: readonly string[] };
export type Ask = {
  readonly as: User;
  readonly method: "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: object;
  /** Of a PATCH; default: a merge patch. */
  readonly contentType?: string;
};
/** `allowed`, or the server's message. */
type Answer = string;

const deadlineMs = 10_000;

/** Asks as an administrator who may impersonate anybody. */
export function openAskAs(kubeconfig: string): {
  readonly ask: (asked: Ask) => Promise<Answer>;
  readonly close: () => void;
} {
  const { clusters, users } = kubeconfigSchema.parse(parse(readFileSync(kubeconfig, "utf8")));
  const [cluster, user] = [clusters[0]?.cluster, users[0]?.user];
  if (cluster === undefined || user === undefined) throw new Error(`${kubeconfig} names no cluster or user`);
  const ca = Buffer.from(cluster["certificate-authority-data"], "base64").toString("utf8");
  const agent = new Agent({ ca, keepAlive: true });
  return {
    ask: ({ as, method, path, body, contentType = "application/merge-patch+json" }) => {
      const headers = {
        authorization: `Bearer ${user.token}`,
        "content-type": method === "PATCH" ? contentType : "application/json",
        "impersonate-user": as.name,
        // A header of its own for each: no pool of ours sends them so.
        "impersonate-group": [...as.groups, "system:authenticated"],
      };
      const signal = AbortSignal.timeout(deadlineMs);
      return new Promise((resolve, reject) => {
        const sent = request(`${cluster.server}${path}`, { method, agent, headers, signal }, (answer) => {
          json(answer)
            .then((said) => verdictOf(answer.statusCode ?? 500, said))
            .then(resolve, reject);
        });
        sent.once("error", reject);
        sent.end(body === undefined ? undefined : JSON.stringify(body));
      });
    },
    close: () => agent.destroy(),
  };
}

function verdictOf(status: number, said: unknown): Answer {
  const { message = `status ${status}` } = said as { readonly message?: string };
  return status < 300 ? "allowed" : message;
}
