// The kubeconfig of one user of the embedded API.
// Renders text; writes nothing.
import { stringify } from "yaml";

type KubeconfigParts = {
  readonly url: string;
  readonly ca: string;
  readonly user: string;
  readonly token: string;
};

/** A complete kubeconfig with one cluster, one user and one context. */
export function renderKubeconfig({ url, ca, user, token }: KubeconfigParts): string {
  const certificate = Buffer.from(ca).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "embedded", cluster: { server: url, "certificate-authority-data": certificate } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: user, context: { cluster: "embedded", user, namespace: "default" } }],
    "current-context": user,
  });
}
