// Every script that writes files into the tree. Each takes --check: exit 1 when what it would write isn't there.
// `make generate` runs them, `make check` asks them; a new generator is one more line.

type Generator = { readonly name: string; readonly script: string };

export const generators: readonly Generator[] = [
  { name: "manifests", script: "crds/generate.ts" },
  { name: "charts", script: "tools/charts/generate.ts" },
  { name: "docs", script: "tools/docs/generate.ts" },
];
