// What a release was made from, as an in-toto statement with the predicate of SLSA 1. Unsigned: it is a claim until
// whoever releases attests it. Pure; it holds no time, so that a second build can be compared with it.
import type { Architecture, DebianPackage, NodePackage } from "../images/downloads.ts";
import { debianUrl } from "../images/image-sbom.ts";

export type Source = {
  /** Undefined outside of a repository. */
  readonly commit: string | undefined;
  readonly hasUncommittedChanges: boolean;
};
export type ReleaseParameters = { readonly version: string; readonly registry: string; readonly downloads: string };
type ProvenanceParts = {
  readonly parameters: ReleaseParameters;
  readonly source: Source;
  readonly debian: Readonly<Record<Architecture, readonly DebianPackage[]>>;
  readonly nodes: readonly NodePackage[];
  /** Names of what was made, with their SHA-256. */
  readonly subjects: readonly (readonly [name: string, sha256: string])[];
  /** SHA-256 of package-lock.json. */
  readonly lockfile: string;
};

/** Text of the statement. */
export function renderProvenance({ parameters, source, debian, nodes, subjects, lockfile }: ProvenanceParts): string {
  const debianDependencies = Object.entries(debian).flatMap(([architecture, packages]) =>
    packages.map(({ name, version, sha256 }) => ({ uri: debianUrl(name, version, architecture), digest: { sha256 } })),
  );
  const nodeDependencies = nodes.map(({ name, version, integrity }) => ({
    uri: `pkg:npm/${name}@${version}`,
    digest: { sha512: Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex") },
  }));
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: subjects.map(([name, sha256]) => ({ name, digest: { sha256 } })),
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: "https://retriever.dev/make-release/v1",
        externalParameters: parameters,
        internalParameters: { signed: false, uncommittedChanges: source.hasUncommittedChanges },
        resolvedDependencies: [
          ...(source.commit === undefined ? [] : [{ name: "source", digest: { gitCommit: source.commit } }]),
          { name: "package-lock.json", digest: { sha256: lockfile } },
          ...debianDependencies,
          ...nodeDependencies,
        ],
      },
      runDetails: { builder: { id: "https://retriever.dev/make-release/by-hand" } },
    },
  };
  return `${JSON.stringify(statement, null, 2)}\n`;
}
