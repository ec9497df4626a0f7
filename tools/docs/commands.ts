// What of a command in the pages can be tried without a cluster. Pure.

/** Programs of this project, by the word that starts them. */
export const programs: Readonly<Record<string, string>> = {
  "kubectl-retriever": "kubectl-retriever/src/main.ts",
  "retriever-sidecar": "retriever-sidecar/src/main.ts",
  "retriever-data": "retriever-data/src/main.ts",
};

const offline: Readonly<Record<string, readonly string[]>> = {
  "kubectl-retriever": ["lint", "plan", "rehearse", "replay"],
  "retriever-sidecar": ["check-config"],
};

export type Command = {
  readonly program: string;
  readonly verb: string;
  readonly args: readonly string[];
  readonly flags: readonly string[];
  /** Needs neither a cluster nor a store. */
  readonly isOffline: boolean;
};

/** Undefined for a program of others. Quotes bind words; what a pipe or a redirection leads to is left out. */
export function commandFrom(line: string): Command | undefined {
  const words = [...line.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) => word.replaceAll(/['"]/g, ""));
  const end = words.findIndex((word) => /^(\||>|&&|;)/.test(word));
  const [first = "", ...rest] = words.slice(words[0] === "npx" ? 1 : 0, end === -1 ? undefined : end);
  const isPlugin = first === "kubectl" && rest[0] === "retriever";
  const program = isPlugin ? "kubectl-retriever" : first;
  if (!(program in programs)) return undefined;
  const [verb = "", ...args] = isPlugin ? rest.slice(1) : rest;
  const flags = args.filter((arg) => /^--[a-z]/.test(arg)).map((flag) => flag.replace(/=.*$/, ""));
  const asksStores = flags.includes("--connect");
  return { program, verb, args, flags, isOffline: offline[program]?.includes(verb) === true && !asksStores };
}

/** Targets of a line that calls make, variables left out. */
export function makeTargets(line: string): string[] {
  if (!line.startsWith("make")) return [];
  return line
    .split(" ")
    .slice(1)
    .filter((word) => /^[a-z][a-z0-9-]*$/.test(word));
}
