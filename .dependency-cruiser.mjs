// Who may import whom. Everything a rule names is an error; each comment speaks to whoever broke it.
// `tools/imports/import-matrix.ts` runs this and proves, on a copy with planted violations, that every rule fires.

import { globSync } from "node:fs";
import { basename, dirname } from "node:path";
import { coreRooms } from "./tools/imports/core-rooms.ts";

const notTests = "(\\.test\\.ts$|/test/|/testdata/)";
const io = "^(node:)?(fs|net|tls|http|https|http2|dgram|dns|child_process|cluster|worker_threads|os|process)(/|$)";

/** Folders of the kinds of store: those with a kind.ts. */
const kinds = globSync("stores/src/*/kind.ts", { cwd: import.meta.dirname })
  .map((path) => basename(dirname(path)))
  .join("|");

/** A rule about the product's own code; tests may reach further. */
function rule(name, comment, from, to) {
  return { name, comment, severity: "error", from: { pathNot: notTests, ...from }, to };
}

/** A room of the core imports only itself and the rooms below it; the last room imports them all, but not the root. */
const roomRules = coreRooms.map((room, index) =>
  rule(
    `core-${room}-imports-downwards`,
    "A room of the core builds on the rooms below it (tools/imports/core-rooms.ts): move what both need into the lower one.",
    { path: `^operator/src/core/${room}/` },
    { path: `^operator/src/core/(${[...coreRooms.slice(index + 1).map((above) => `${above}/`), "[^/]+$"].join("|")})` },
  ),
);

export default {
  forbidden: [
    // Between the workspaces.
    rule(
      "stores-import-no-workspace",
      "The stores are below everybody: turn the import round.",
      { path: "^stores/", pathNot: "^$" },
      { path: "^(operator|crds|e2e|tools|retriever-sidecar|retriever-data|kubectl-retriever)/" },
    ),
    rule(
      "kinds-of-store-stand-alone",
      "A kind of store is one folder: what two kinds need belongs beside them in stores/src.",
      { path: `^stores/src/(${kinds})/` },
      { path: `^stores/src/(${kinds})/`, pathNot: "^stores/src/$1/" },
    ),
    rule(
      "clients-are-loaded-by-their-kind",
      "Whoever judges documents must not load a client library: reach a store through the list of kinds.",
      { path: "^(operator|crds|kubectl-retriever|retriever-sidecar|retriever-data|stores/src/[^/]+\\.ts$)", pathNot: "\\.test\\.ts$|/test/" },
      { path: `^stores/src/(${kinds})/(?!kind\\.ts$|config/)` },
    ),
    rule(
      "crds-imports-contract-only",
      "The API's schemas build on the sidecar's contract and the stores' configuration, and on nothing else of another workspace.",
      { path: "^crds/", pathNot: "^$" },
      { path: "^(operator|e2e|tools|kubectl-retriever|retriever-data|retriever-sidecar/(?!src/contract/)|stores/src/(embedding|chunks|values)/)" },
    ),
    rule(
      "operator-imports-contract-and-crds-only",
      "The operator knows the sidecar by its contract: what both need belongs in retriever-sidecar/src/contract.",
      { path: "^operator/src/", pathNot: "^$" },
      { path: "^(e2e|tools|retriever-data|crds/(?!src/|manifests/)|retriever-sidecar/(?!src/contract/))" },
    ),
    rule(
      "operator-runs-without-the-plugin",
      "The plugin builds on the operator: turn the import round.",
      { path: "^operator/src/" },
      { path: "^kubectl-retriever/" },
    ),
    {
      name: "operator-tests-play-on-the-toy-cluster",
      comment: "The operator's tests share the plugin's simulated cluster and nothing else of the plugin: what both need belongs in kubectl-retriever/src/toy.",
      severity: "error",
      from: { path: "^operator/" },
      to: { path: "^kubectl-retriever/(?!src/toy/)" },
    },
    rule(
      "sidecar-imports-stores-only",
      "The sidecar owns the contract and knows the stores: turn the import round.",
      { path: "^retriever-sidecar/", pathNot: "^$" },
      { path: "^(operator|crds|e2e|tools|kubectl-retriever|retriever-data)/" },
    ),
    rule(
      "data-reads-the-sidecars-documents",
      "The data tool reads the sidecar's configuration and writes its contract: it knows nothing of how requests are served.",
      { path: "^retriever-data/src/" },
      { path: "^(operator|crds|e2e|tools|kubectl-retriever|retriever-sidecar/(?!src/(contract|config|http)/|src/retrieve/parse-request\\.ts$))" },
    ),
    rule(
      "the-plugin-ends-at-the-cluster",
      "The kubectl plugin uses the operator's decisions and its Kubernetes client; it never serves, reads or writes a store.",
      { path: "^kubectl-retriever/src/" },
      { path: "^(e2e|tools|retriever-data|retriever-sidecar/(?!src/contract/)|operator/src/(observe/(?!read-target\\.ts$)|apply/|controller/|notify/|telemetry/))" },
    ),
    rule(
      "commands-load-no-dashboard",
      "The dashboard shows what the commands say and runs them: turn the import round; only the command that starts it loads it.",
      { path: "^kubectl-retriever/src/", pathNot: "^kubectl-retriever/src/(dashboard/|program\\.ts$)" },
      { path: "^kubectl-retriever/src/dashboard/" },
    ),
    rule(
      "e2e-imports-public-entries-only",
      "Stories use what a stranger could use: the contract, the resources' schemas, the maths of the gates, the contracts of a cluster and of Jobs, moments of rehearsed migrations, hostile documents and the parsers of them, how the operator asks a sidecar and has it prove itself, or a main.ts started as a process. Contract suites alone take the adapter itself.",
      { path: "^e2e/", pathNot: "^e2e/(bench/(harm|fleet)/|stores/qdrant-contracts\\.test\\.ts$)" },
      { path: "^(operator/(?!src/core/gates/|src/adapters/sidecars/(http-sidecars|pod-tokens)\\.ts$|test/(cluster-contract|jobs-contract|kube-harness|kube-jobs-harness|hostile/(play|parsers|values))\\.ts$)|tools/(?!images/image-config\\.ts$)|kubectl-retriever/(?!test/rehearse/moments\\.ts$)|retriever-data/|retriever-sidecar/(?!src/contract/|test/hostile/)|stores/src/(?!config/|errors\\.ts$|kinds\\.ts$|ports/|[a-z]+/config/)|crds/(?!src/|manifests/))" },
    ),
    rule(
      "simulated-harm-plays-the-core",
      "A simulation of decisions plays the operator's pure core, on the plugin's draws and the operator's simulated cluster: it never reaches a store or an API server.",
      { path: "^e2e/bench/(harm|fleet)/", pathNot: "^$" },
      { path: "^(operator/(?!src/core/|src/observe/read-base\\.ts$|test/(simulate|late-rollback|builders/spec)\\.ts$)|tools/|kubectl-retriever/(?!src/(toy|rehearse|scenario)/)|retriever-data/|retriever-sidecar/(?!src/contract/)|stores/|crds/(?!src/))" },
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
      "The contract is pure and stands alone: only itself, the stores' configuration and ports, zod and node:crypto. Both sides must be able to load it anywhere.",
      { path: "^retriever-sidecar/src/contract/" },
      { pathNot: "^(retriever-sidecar/src/contract/|stores/src/(config/|ports/|kinds\\.ts$)|node_modules/zod/|(node:)?crypto$)" },
    ),
    rule(
      "data-plane-cores-are-pure",
      "This core decides on values: only itself, the contract, the stores' configuration and ports, the code table and node:crypto. Pass time, chance and I/O in.",
      { path: "^(retriever-sidecar|retriever-data)/src/core/" },
      {
        path: "^[^/]",
        pathNot: "^(retriever-sidecar/src/contract/|stores/src/(config/|ports/|chunks/(canonical-value|element-hash|ids|moment-unit|payload-digest)\\.ts$|errors\\.ts$|values/(plural|printable)\\.ts$)|(node:)?crypto$|(retriever-sidecar|retriever-data)/src/core/)",
      },
    ),
    rule(
      "stores-configuration-is-pure",
      "The configuration of stores is loaded by whoever judges documents: only itself, zod, the code table and node:crypto.",
      { path: "^stores/src/[a-z/]*config/" },
      { pathNot: "^(stores/src/([a-z/]*config/|errors\\.ts$)|node_modules/zod/|(node:)?crypto$)" },
    ),
    rule(
      "operator-core-is-pure",
      "The operator's core decides on values: only itself, crds, the contract, the code table, the calendar's arithmetic and node:crypto. Pass time, chance and I/O in.",
      { path: "^operator/src/core/" },
      { pathNot: "^(operator/src/(core/|errors\\.ts$)|crds/src/|retriever-sidecar/src/contract/|stores/src/(config/|ports/|kinds\\.ts$|values/(plural|printable)\\.ts$)|node_modules/temporal-(polyfill|spec|utils)/|(node:)?crypto$)" },
    ),
    rule(
      "core-has-known-rooms",
      "A folder of the core has its place in the order of tools/imports/core-rooms.ts.",
      {},
      { path: "^operator/src/core/[^/]+/", pathNot: `^operator/src/core/(${coreRooms.join("|")})/` },
    ),
    ...roomRules,
    rule(
      "pages-are-pure",
      "A page is drawn from values: only itself, core, crds, the contract, printable words, d3's scales and shapes, and node:crypto. Whoever asks for it reads and writes.",
      { path: "^operator/src/page/" },
      { pathNot: "^(operator/src/(page|core)/|crds/src/|retriever-sidecar/src/contract/|stores/src/(config/|ports/|values/(plural|printable)\\.ts$)|node_modules/(@types/)?d3-(scale|shape)/|(node:)?crypto$)" },
    ),
    rule(
      "reports-are-made-from-records",
      "A report is made from the records of a chain, and from nothing else: whoever asks for it reads them and writes it.",
      { path: "^operator/src/report/" },
      { pathNot: "^(operator/src/(report|page|audit|core)/|operator/src/ports/audit-store\\.ts$|crds/src/|retriever-sidecar/src/contract/|stores/src/(config/|kinds\\.ts$|values/(plural|printable)\\.ts$)|node_modules/zod/)" },
    ),
    rule(
      "rehearsals-are-pure",
      "A rehearsal plays the core and touches nothing: only itself, core, the operator's pages, crds, the contract, the stores' identities, printable words, zod, pure-rand, cli-table3, fast-wrap-ansi, csv-parse, and node:crypto. The command line reads and writes its files.",
      { path: "^kubectl-retriever/src/(scenario|traffic|rehearse|toy|page|forecast|text)/" },
      { pathNot: "^(kubectl-retriever/src/(scenario|traffic|rehearse|toy|page|forecast|text)/|operator/src/(core|page)/|crds/src/|retriever-sidecar/src/contract/|stores/src/(config/|ports/|kinds\\.ts$|values/(plural|printable)\\.ts$)|node_modules/(zod|pure-rand|cli-table3|fast-wrap-ansi|csv-parse)/|(node:)?crypto$)" },
    ),
    rule(
      "crds-do-no-io",
      "The schemas are pure: only generate.ts reads and writes files.",
      { path: "^crds/src/" },
      { pathNot: "^(crds/src/|retriever-sidecar/src/contract/|stores/src/(config/|ports/|kinds\\.ts$)|node_modules/zod/|(node:)?crypto$)" },
    ),

    // Inside the operator and the sidecar.
    rule(
      "ports-are-types",
      "A port says what is needed, not how: only types of core, crds and contract, and other ports.",
      { path: "^(operator|retriever-sidecar|stores)/src/ports/" },
      { pathNot: "^(operator/src/(core/|ports/|errors\\.ts$)|retriever-sidecar/src/(core/|ports/|contract/)|stores/src/(config/|ports/|similarity\\.ts$|errors\\.ts$)|crds/src/)" },
    ),
    rule(
      "inner-folders-know-no-adapter",
      "This folder works through ports: take the adapter as a parameter and let main.ts wire it.",
      { path: "^operator/src/(core|ports|observe|apply|controller)/" },
      { path: "^operator/src/adapters/" },
    ),
    rule(
      "inner-folders-do-no-io",
      "Reading and writing the world belongs in adapters: ask for it through a port.",
      { path: "^(operator/src/(observe|apply|controller)/|retriever-sidecar/src/(retrieve/|activation/)|stores/src/embedding/)" },
      { path: io },
    ),
    rule(
      "observe-and-apply-stay-apart",
      "observe reads and never decides or writes; apply writes and never decides or reads. They meet in controller.",
      { path: "^operator/src/(observe|apply)/" },
      { path: "^operator/src/(observe|apply|controller|telemetry|config)[/.]", pathNot: "^operator/src/$1/" },
    ),
    rule(
      "adapters-serve-ports",
      "An adapter serves a port: it doesn't know the loop, the request path or the activation that use it.",
      { path: "^(operator/src/adapters|retriever-sidecar/src/http)/" },
      { path: "^(operator/src/(observe|apply|controller)/|retriever-sidecar/src/(retrieve/|activation/))" },
    ),
    rule(
      "telemetry-knows-names-only",
      "Telemetry records what it is told: it may know the types of what it records, and start nothing that acts.",
      { path: "^(operator|retriever-sidecar)/src/telemetry/" },
      {
        path: "^(operator/src/(observe|apply|controller|adapters)/|retriever-sidecar/src/(http/|retrieve/|activation/))",
        dependencyTypesNot: ["type-only"],
      },
    ),
    rule(
      "only-an-adapter-speaks-kubernetes",
      "@kubernetes/client-node lives in operator/src/kube and nowhere else of the product: use the cluster port.",
      { path: "^(operator|retriever-sidecar|retriever-data|kubectl-retriever|stores|crds)/", pathNot: "^operator/src/kube/|\\.test\\.ts$|/test/" },
      { path: "node_modules/@kubernetes/" },
    ),
    rule(
      "nobody-imports-main",
      "main.ts is where a process starts: start it as a process, or move what you need out of it.",
      {},
      { path: "^(operator|retriever-sidecar|retriever-data|kubectl-retriever)/src/main\\.ts$" },
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
      { path: "^[^/]+/(src/|generate\\.ts$)" },
      { path: "^[^/]+/test/", pathNot: "^e2e/" },
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
