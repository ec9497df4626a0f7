// Who may import whom. Everything a rule names is an error; each comment speaks to whoever broke it.
// `tools/import-matrix.ts` runs this and proves, on a copy with planted violations, that every rule fires.

import { coreRooms } from "./tools/core-rooms.ts";

const notTests = "(\\.test\\.ts$|/test/|/testdata/)";
const io = "^(node:)?(fs|net|tls|http|https|http2|dgram|dns|child_process|cluster|worker_threads|os|process)(/|$)";

/** A rule about the product's own code; tests may reach further. */
function rule(name, comment, from, to) {
  return { name, comment, severity: "error", from: { pathNot: notTests, ...from }, to };
}

/** A room of the core imports only itself and the rooms below it; the last room imports them all, but not the root. */
const roomRules = coreRooms.map((room, index) =>
  rule(
    `core-${room}-looks-down`,
    "A room of the core builds on the rooms below it (tools/core-rooms.ts): move what both need into the lower one.",
    { path: `^operator/src/core/${room}/` },
    { path: `^operator/src/core/(${[...coreRooms.slice(index + 1).map((above) => `${above}/`), "[^/]+$"].join("|")})` },
  ),
);

export default {
  forbidden: [
    // Between the workspaces.
    rule(
      "crds-imports-contract-only",
      "The API's schemas build on the sidecar's contract and on nothing else of another workspace: move what you need into contract.",
      { path: "^crds/", pathNot: "^$" },
      { path: "^(operator|e2e|tools|retriever-sidecar/(?!src/contract/))" },
    ),
    rule(
      "operator-imports-contract-and-crds-only",
      "The operator knows the sidecar by its contract: what both need belongs in retriever-sidecar/src/contract.",
      { path: "^operator/", pathNot: "^$" },
      { path: "^(e2e|tools|crds/(?!src/|manifests/)|retriever-sidecar/(?!src/contract/))" },
    ),
    rule(
      "sidecar-imports-no-workspace",
      "The sidecar owns the contract and knows nobody: turn the import round.",
      { path: "^retriever-sidecar/", pathNot: "^$" },
      { path: "^(operator|crds|e2e|tools)/" },
    ),
    rule(
      "e2e-imports-public-entries-only",
      "Stories use what a stranger could use: the contract, the resources' schemas, the maths of the gates, the contracts of a cluster and of Jobs, or a main.ts started as a process.",
      { path: "^e2e/", pathNot: "^$" },
      { path: "^(operator/(?!src/core/gates/|test/(cluster-contract|jobs-contract|kube-harness|kube-jobs-harness)\\.ts$)|tools/|retriever-sidecar/(?!src/contract/)|crds/(?!src/|manifests/))" },
    ),
    rule(
      "nobody-imports-e2e",
      "e2e ships in no image: move what you need to the workspace that owns it.",
      { pathNot: "^e2e/" },
      { path: "^e2e/" },
    ),

    // The pure folders.
    rule(
      "contract-imports-itself-and-zod",
      "The contract is pure and stands alone: only itself, zod and node:crypto. Both sides must be able to load it anywhere.",
      { path: "^retriever-sidecar/src/contract/" },
      { pathNot: "^(retriever-sidecar/src/contract/|node_modules/zod/|(node:)?crypto$)" },
    ),
    rule(
      "sidecar-core-is-pure",
      "The sidecar's core decides on values: only itself, the contract, the code table and node:crypto. Pass time, chance and I/O in.",
      { path: "^retriever-sidecar/src/core/" },
      { pathNot: "^(retriever-sidecar/src/(core/|contract/|errors\\.ts$)|(node:)?crypto$)" },
    ),
    rule(
      "operator-core-is-pure",
      "The operator's core decides on values: only itself, crds, the contract, the code table, the calendar's arithmetic and node:crypto. Pass time, chance and I/O in.",
      { path: "^operator/src/core/" },
      { pathNot: "^(operator/src/(core/|errors\\.ts$)|crds/src/|retriever-sidecar/src/contract/|node_modules/temporal-(polyfill|spec|utils)/|(node:)?crypto$)" },
    ),
    rule(
      "core-has-known-rooms",
      "A folder of the core has its place in the order of tools/core-rooms.ts.",
      {},
      { path: "^operator/src/core/[^/]+/", pathNot: `^operator/src/core/(${coreRooms.join("|")})/` },
    ),
    ...roomRules,
    rule(
      "rehearsals-are-pure",
      "A rehearsal plays the core and touches nothing: only itself, core, crds, the contract, d3's scales and shapes, and node:crypto. The command line reads and writes its files.",
      { path: "^kubectl-retriever/src/rehearse/" },
      { pathNot: "^(operator/src/(rehearse|core)/|crds/src/|retriever-sidecar/src/contract/|node_modules/(@types/)?d3-(scale|shape)/|(node:)?crypto$)" },
    ),
    rule(
      "only-the-command-line-rehearses",
      "Rehearsals are for people: nothing that acts on a cluster may depend on one.",
      { path: "^operator/src/(?!cli/|rehearse/)" },
      { path: "^kubectl-retriever/src/rehearse/" },
    ),
    rule(
      "crds-do-no-io",
      "The schemas are pure: only generate.ts reads and writes files.",
      { path: "^crds/src/" },
      { pathNot: "^(crds/src/|retriever-sidecar/src/contract/|node_modules/zod/|(node:)?crypto$)" },
    ),

    // Inside the operator and the sidecar.
    rule(
      "ports-are-types",
      "A port says what is needed, not how: only types of core, crds and contract, and other ports.",
      { path: "^(operator|retriever-sidecar)/src/ports/" },
      { pathNot: "^(operator/src/(core/|ports/|errors\\.ts$)|retriever-sidecar/src/(core/|ports/|contract/|errors\\.ts$)|crds/src/)" },
    ),
    rule(
      "inner-folders-know-no-adapter",
      "This folder works through ports: take the adapter as a parameter and let main.ts wire it.",
      { path: "^(operator/src/(core|ports|observe|apply|controller)|retriever-sidecar/src/(core|ports|retrieve|embedding|activation))/" },
      { path: "^(operator|retriever-sidecar)/src/(adapters|cli)/" },
    ),
    rule(
      "inner-folders-do-no-io",
      "Reading and writing the world belongs in adapters: ask for it through a port.",
      { path: "^(operator/src/(observe|apply|controller)|retriever-sidecar/src/(retrieve|embedding|activation))/" },
      { path: io },
    ),
    rule(
      "observe-and-apply-stay-apart",
      "observe reads and never decides or writes; apply writes and never decides or reads. They meet in controller.",
      { path: "^operator/src/(observe|apply)/" },
      { path: "^operator/src/(observe|apply|controller|telemetry|config)[/.]", pathNot: "^operator/src/$1/" },
    ),
    rule(
      "adapters-look-outwards",
      "An adapter serves a port: it doesn't know the loop, the request path or the activation that use it.",
      { path: "^(operator|retriever-sidecar)/src/adapters/" },
      { path: "^(operator/src/(observe|apply|controller|cli)|retriever-sidecar/src/(retrieve|activation))/" },
    ),
    rule(
      "telemetry-knows-names-only",
      "Telemetry records what it is told: it may know the types of what it records, and start nothing that acts.",
      { path: "^(operator|retriever-sidecar)/src/telemetry/" },
      {
        path: "^(operator|retriever-sidecar)/src/(observe|apply|controller|adapters|cli|retrieve|activation)/",
        dependencyTypesNot: ["type-only"],
      },
    ),
    rule(
      "only-an-adapter-speaks-kubernetes",
      "@kubernetes/client-node lives in operator/src/adapters/kubernetes and nowhere else of the product: use the cluster port.",
      { path: "^(operator|retriever-sidecar|crds)/", pathNot: "^operator/src/adapters/kubernetes/|\\.test\\.ts$|/test/" },
      { path: "node_modules/@kubernetes/" },
    ),
    rule(
      "nobody-imports-main",
      "main.ts is where a process starts: start it as a process, or move what you need out of it.",
      {},
      { path: "^(operator|retriever-sidecar)/src/(cli/)?main\\.ts$" },
    ),

    // Everywhere.
    rule(
      "no-test-imports-a-test",
      "A test that needs another test's parts finds them in test/: move them there.",
      { pathNot: "^$" },
      { path: "\\.test\\.ts$" },
    ),
    rule(
      "product-imports-no-test-support",
      "Builders and fakes are for tests: the product can't depend on them.",
      { path: "^(operator|retriever-sidecar|crds)/" },
      { path: "^(operator|retriever-sidecar|crds)/test/" },
    ),
    rule(
      "no-cycles",
      "These files need each other, types included: move what both need into a third one.",
      { pathNot: "^$" },
      { circular: true },
    ),
    rule(
      "resolvable",
      "This import leads nowhere: mind the .ts ending and the workspace's exports.",
      { pathNot: "^$" },
      { couldNotResolve: true },
    ),
  ],
  options: {
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)testdata/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".mjs", ".js", ".json"],
    },
  },
};
