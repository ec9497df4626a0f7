// One small tree in which every rule of the import matrix is broken on purpose, written where the caller says.
// A rule that no longer fires on it guards nothing.
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { coreRooms } from "./core-rooms.ts";

/** Sound files that the planted ones reach for. */
const targets: readonly string[] = [
  "crds/src/kind.ts",
  "crds/generate.ts",
  "e2e/story.ts",
  "operator/src/main.ts",
  "operator/src/core/decide.ts",
  "operator/src/core/attic/here.ts",
  "operator/src/adapters/api.ts",
  "operator/src/apply/write.ts",
  "operator/src/controller/loop.ts",
  "operator/test/fake.ts",
  "kubectl-retriever/src/commands/acts/act.ts",
  "kubectl-retriever/src/dashboard/server.ts",
  "kubectl-retriever/src/toy/toy-cluster.ts",
  "operator/src/core/decide.test.ts",
  "retriever-sidecar/src/retrieve/serve.ts",
  "retriever-sidecar/src/contract/names.ts",
  "stores/src/qdrant/config/schema.ts",
  "stores/src/qdrant/client/exchange.ts",
];

type Plant = { readonly rule: string; readonly file: string; readonly imports: string };

/** Every room of the core reaching for the next one above it, the last one for the root. */
const roomPlants: readonly Plant[] = coreRooms.map((room, index) => {
  const above = coreRooms[index + 1];
  return {
    rule: `core-${room}-imports-downwards`,
    file: `operator/src/core/${room}/p24.ts`,
    imports: above === undefined ? "#core/decide.ts" : `#core/${above}/s5.ts`,
  };
});

/** Which rule each planted file must set off. */
export const plants: readonly Plant[] = [
  {
    rule: "crds-imports-contract-only",
    file: "crds/src/p1.ts",
    imports: "../../retriever-sidecar/src/retrieve/serve.ts",
  },
  { rule: "operator-imports-contract-and-crds-only", file: "operator/src/p2.ts", imports: "../../crds/generate.ts" },
  {
    rule: "operator-runs-without-the-plugin",
    file: "operator/src/p31.ts",
    imports: "@retriever/kubectl/toy/toy-cluster.ts",
  },
  {
    rule: "operator-tests-play-on-the-toy-cluster",
    file: "operator/test/p30.ts",
    imports: "@retriever/kubectl/commands/acts/act.ts",
  },
  { rule: "sidecar-imports-stores-only", file: "retriever-sidecar/src/p3.ts", imports: "../../crds/src/kind.ts" },
  { rule: "stores-import-no-workspace", file: "stores/src/p24.ts", imports: "@retriever/sidecar/contract/names.ts" },
  { rule: "kinds-of-store-stand-alone", file: "stores/src/pgvector/p25.ts", imports: "#qdrant/config/schema.ts" },
  {
    rule: "clients-are-loaded-by-their-kind",
    file: "operator/src/p26.ts",
    imports: "@retriever/stores/qdrant/client/exchange.ts",
  },
  { rule: "stores-configuration-is-pure", file: "stores/src/config/p27.ts", imports: "node:fs" },
  {
    rule: "data-reads-the-sidecars-documents",
    file: "retriever-data/src/p28.ts",
    imports: "@retriever/sidecar/retrieve/serve.ts",
  },
  {
    rule: "the-plugin-ends-at-the-cluster",
    file: "kubectl-retriever/src/p29.ts",
    imports: "@retriever/operator/apply/write.ts",
  },
  {
    rule: "commands-load-no-dashboard",
    file: "kubectl-retriever/src/commands/p32.ts",
    imports: "#dashboard/server.ts",
  },
  { rule: "e2e-imports-public-entries-only", file: "e2e/p4.ts", imports: "../operator/src/core/decide.ts" },
  {
    rule: "simulated-harm-plays-the-core",
    file: "e2e/bench/harm/p30.ts",
    imports: "@retriever/operator/apply/write.ts",
  },
  { rule: "nobody-imports-e2e", file: "tools/p5.ts", imports: "../e2e/story.ts" },
  {
    rule: "contract-imports-itself-and-zod",
    file: "retriever-sidecar/src/contract/p6.ts",
    imports: "node:fs/promises",
  },
  { rule: "data-plane-cores-are-pure", file: "retriever-sidecar/src/core/p7.ts", imports: "node:fs" },
  { rule: "operator-core-is-pure", file: "operator/src/core/p8.ts", imports: "#adapters/api.ts" },
  { rule: "core-has-known-rooms", file: "operator/src/core/p25.ts", imports: "#core/attic/here.ts" },
  ...roomPlants,
  { rule: "pages-are-pure", file: "operator/src/page/p31.ts", imports: "node:fs" },
  { rule: "reports-are-made-from-records", file: "operator/src/report/p32.ts", imports: "#adapters/api.ts" },
  { rule: "rehearsals-are-pure", file: "kubectl-retriever/src/rehearse/p22.ts", imports: "node:fs/promises" },
  { rule: "crds-do-no-io", file: "crds/src/p9.ts", imports: "node:fs" },
  { rule: "ports-are-types", file: "operator/src/ports/p10.ts", imports: "node:events" },
  { rule: "inner-folders-know-no-adapter", file: "operator/src/controller/p11.ts", imports: "#adapters/api.ts" },
  { rule: "inner-folders-do-no-io", file: "retriever-sidecar/src/retrieve/p12.ts", imports: "node:http" },
  { rule: "observe-and-apply-stay-apart", file: "operator/src/observe/p13.ts", imports: "#apply/write.ts" },
  { rule: "adapters-serve-ports", file: "operator/src/adapters/p14.ts", imports: "#controller/loop.ts" },
  { rule: "telemetry-knows-names-only", file: "operator/src/telemetry/p15.ts", imports: "#controller/loop.ts" },
  { rule: "only-an-adapter-speaks-kubernetes", file: "operator/src/apply/p16.ts", imports: "@kubernetes/client-node" },
  { rule: "nobody-imports-main", file: "operator/src/p17.ts", imports: "#main.ts" },
  { rule: "no-test-imports-a-test", file: "operator/src/p18.test.ts", imports: "#core/decide.test.ts" },
  { rule: "product-imports-no-test-support", file: "operator/src/p19.ts", imports: "#test/fake.ts" },
  { rule: "no-cycles", file: "operator/src/core/p20.ts", imports: "#core/p20-back.ts" },
  { rule: "resolvable", file: "operator/src/p21.ts", imports: "#core/nowhere.ts" },
];

/** Imports that no rule may refuse: were they unresolved or refused, the matrix would be wrong the other way. */
export const soundImports: readonly Omit<Plant, "rule">[] = [
  { file: "operator/src/core/s1.ts", imports: "@retriever/crds/kind.ts" },
  ...coreRooms.map((room, index) => ({
    file: `operator/src/core/${room}/s5.ts`,
    imports: `#core/${coreRooms[index - 1] ?? room}/s6.ts`,
  })),
  { file: "operator/src/core/s2.ts", imports: "@retriever/sidecar/contract/names.ts" },
  { file: "operator/src/s8.test.ts", imports: "@retriever/kubectl/toy/toy-cluster.ts" },
  { file: "operator/test/s7.ts", imports: "@retriever/kubectl/toy/toy-cluster.ts" },
  { file: "e2e/s3.ts", imports: "@retriever/sidecar/contract/names.ts" },
  { file: "retriever-sidecar/src/contract/s4.ts", imports: "node:crypto" },
];

const workspaces: readonly (readonly [folder: string, name: string])[] = [
  ["stores", "stores"],
  ["crds", "crds"],
  ["operator", "operator"],
  ["retriever-sidecar", "sidecar"],
  ["retriever-data", "data"],
  ["kubectl-retriever", "kubectl"],
  ["e2e", "e2e"],
];

/** Writes the tree under `folder`, with the packages' own import maps and the installed third-party packages. */
export function plantViolations(root: string, folder: string): void {
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  mkdirSync(join(folder, "node_modules/@retriever"), { recursive: true });
  symlinkSync(join(root, "node_modules/@kubernetes"), join(folder, "node_modules/@kubernetes"));
  for (const [workspace, name] of workspaces) {
    mkdirSync(join(folder, workspace), { recursive: true });
    cpSync(join(root, workspace, "package.json"), join(folder, workspace, "package.json"));
    symlinkSync(join(folder, workspace), join(folder, "node_modules/@retriever", name));
  }
  for (const room of coreRooms) write(`operator/src/core/${room}/s6.ts`, "export const here = 1;\n");
  for (const file of targets) write(file, "export const here = 1;\n");
  for (const { file, imports } of [...plants, ...soundImports]) write(file, `import "${imports}";\n`);
  write("operator/src/core/p20-back.ts", 'import type { a } from "#core/p20.ts";\nexport type B = typeof a;\n');
  write(
    "operator/src/core/p20.ts",
    'import type { B } from "#core/p20-back.ts";\nexport const a = 1;\nexport type C = B;\n',
  );
}
