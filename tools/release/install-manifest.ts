// The operator without Helm: its definitions, its namespace, and what Helm makes of the chart's defaults, without Helm's
// own marks. Pure.
import { parseAllDocuments } from "yaml";

type ManifestParts = {
  /** Texts of the definitions. */
  readonly definitions: readonly string[];
  /** The chart rendered with its defaults. */
  readonly rendering: string;
  readonly namespace: string;
  /** By its digest. */
  readonly image: string;
};

/** Text of install.yaml. Throws when the rendering has no image of the operator. */
export function renderInstallManifest({ definitions, rendering, namespace, image }: ManifestParts): string {
  let images = 0;
  const objects = parseAllDocuments(rendering).flatMap((document) => {
    const annotations = document.getIn(["metadata", "annotations"]);
    // Hooks check an upgrade or an uninstall by Helm; by hand, `kubectl retriever check` does.
    if (String(annotations).includes("helm.sh/hook")) return [];
    for (const labels of [
      ["metadata", "labels"],
      ["spec", "template", "metadata", "labels"],
    ]) {
      if (!document.hasIn(labels)) continue;
      document.deleteIn([...labels, "helm.sh/chart"]);
      document.deleteIn([...labels, "app.kubernetes.io/managed-by"]);
    }
    const container = ["spec", "template", "spec", "containers", 0, "image"];
    if (document.hasIn(container)) {
      document.setIn(container, image);
      images += 1;
    }
    document.commentBefore = null;
    return [document.toString({ lineWidth: 0, directives: false })];
  });
  if (images === 0) throw new Error("the chart's rendering has no Deployment with an image");
  return [...definitions, namespaceText(namespace), ...objects]
    .map((text) => `---\n${text.replace(/^---\n/, "").trim()}\n`)
    .join("");
}

function namespaceText(name: string): string {
  return `apiVersion: v1
kind: Namespace
metadata:
  name: ${name}
  labels:
    pod-security.kubernetes.io/enforce: restricted
`;
}
