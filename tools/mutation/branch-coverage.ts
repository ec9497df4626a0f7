// The report of a coverage run → branches, and those that no test took. Pure.

type Place = { readonly start: { readonly line?: number } };
type FileCoverage = {
  readonly b: Readonly<Record<string, readonly number[]>>;
  readonly branchMap: Readonly<
    Record<string, { readonly type: string; readonly loc: Place; readonly locations: readonly Place[] }>
  >;
};
export type CoverageReport = Readonly<Record<string, FileCoverage>>;

type OpenBranch = { readonly file: string; readonly line: number; readonly kind: string };

/** Counts the ways of every branch; an else that isn't written has the place of its if. */
export function uncoveredBranches(report: CoverageReport): {
  readonly branches: number;
  readonly open: readonly OpenBranch[];
} {
  const ways = Object.entries(report).flatMap(([file, { b, branchMap }]) =>
    Object.entries(b).flatMap(([id, hits]) =>
      hits.map((count, way) => {
        const branch = branchMap[id];
        const line = branch?.locations[way]?.start.line ?? branch?.loc.start.line ?? 0;
        return { file, line, kind: branch?.type ?? "branch", count };
      }),
    ),
  );
  const open = ways.filter(({ count }) => count === 0).map(({ file, line, kind }) => ({ file, line, kind }));
  return { branches: ways.length, open };
}
