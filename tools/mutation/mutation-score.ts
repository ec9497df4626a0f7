// Stryker's report → how many changes were noticed, and which weren't. Pure.

type Mutant = {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
};
export type MutationReport = { readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>> };

type Score = {
  /** Those that count: what doesn't compile or was left out doesn't. */
  readonly mutants: number;
  /** Noticed by a test, an endless loop included. */
  readonly killed: number;
  /** `file:line:column mutator: replacement`, in order. */
  readonly survivors: readonly string[];
};
export type Part = Score & { readonly name: string; readonly seconds: number };

const noticed = ["Killed", "Timeout"];
/** A change at which the test runner itself broke was never judged; TypeScript is only stripped, so that is no verdict. */
const unjudged = "RuntimeError";
const unnoticed = ["Survived", "NoCoverage", unjudged];

/** Counts a report. */
export function scoreOf({ files }: MutationReport): Score {
  const all = Object.entries(files).flatMap(([file, { mutants }]) => mutants.map((mutant) => ({ file, ...mutant })));
  const killed = all.filter(({ status }) => noticed.includes(status)).length;
  const left = all.filter(({ status }) => unnoticed.includes(status));
  return {
    mutants: killed + left.length,
    killed,
    survivors: left.map(({ file, mutatorName, replacement = "", status, location: { start } }) => {
      const reached = status === "NoCoverage" ? ", never run" : status === unjudged ? ", never judged" : "";
      return `${file}:${start.line}:${start.column} ${mutatorName}${reached}: ${oneLine(replacement)}`;
    }),
  };
}

/** The survivors, then one line that counts. */
export function renderScore({ name, seconds, mutants, killed, survivors }: Part): string[] {
  const share = ((100 * killed) / Math.max(1, mutants)).toFixed(1);
  const total = `${name}: ${killed} of ${mutants} mutants killed (${share} %) in ${Math.round(seconds)} s`;
  return [...survivors.map((survivor) => `  survived ${survivor}`), total];
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length <= 80 ? line : `${line.slice(0, 79)}…`;
}
