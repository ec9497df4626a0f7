// The plugin's manifest for krew, kubectl's plugin manager. Pure.
import { stringify } from "yaml";
import type { Architecture } from "../images/downloads.ts";

export type PluginArchive = {
  readonly os: "linux" | "darwin";
  readonly architecture: Architecture;
  readonly file: string;
  readonly sha256: string;
};

/** Text of the manifest; the archives are below `downloads`. */
export function renderKrewManifest(version: string, downloads: string, archives: readonly PluginArchive[]): string {
  return stringify(
    {
      apiVersion: "krew.googlecontainertools.github.com/v1alpha2",
      kind: "Plugin",
      metadata: { name: "retriever" },
      spec: {
        version: `v${version}`,
        shortDescription: "Move a retrieval service between vector stores",
        description:
          "Plans, rehearses and watches migrations of a retrieval service from one vector store to another,\nand acts on them: promote, approve, pause, roll back. Needs the operator in the cluster;\n`plan`, `lint` and `rehearse` need no cluster.\n",
        platforms: archives.map(({ os, architecture, file, sha256 }) => ({
          selector: { matchLabels: { os, arch: architecture } },
          uri: `${downloads}/${file}`,
          sha256,
          bin: "kubectl-retriever",
        })),
      },
    },
    { lineWidth: 0 },
  );
}
