// A release's notes: its part of the changelog, and how to install exactly this. Pure.

type NotesParts = {
  readonly changelog: string;
  readonly version: string;
  readonly registry: string;
  /** Digests by the image's name. */
  readonly digests: Readonly<Record<string, string>>;
};

/** Text of the notes. Throws when the changelog has no part of this version and none of what is unreleased. */
export function renderReleaseNotes({ changelog, version, registry, digests }: NotesParts): string {
  const parts = changelog.split(/^## /m).slice(1);
  const part = parts.find((each) => each.startsWith(version)) ?? parts.find((each) => each.startsWith("Unreleased"));
  if (part === undefined) throw new Error(`CHANGELOG.md: expected a heading "## ${version}" or "## Unreleased"`);
  const images = Object.entries(digests).map(([name, digest]) => `| \`${registry}/${name}\` | \`${digest}\` |`);
  return `# retriever-migration-operator ${version}

    helm install retriever oci://${registry}/charts/retriever-migration-operator --version ${version} \\
      --namespace retriever-system --create-namespace \\
      --set image.repository=${registry}/retriever-operator --set image.digest=${digests["retriever-operator"] ?? ""}

| image | digest |
|---|---|
${images.join("\n")}

${part.slice(part.indexOf("\n")).trim()}
`;
}
