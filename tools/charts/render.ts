// Renders the charts with a helm (HELM names it) and writes charts/*/renderings, or with --check compares. Also lints, and
// tries the values that must be refused. The last line counts.
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { readIfThere } from "../generated-file.ts";
import { runCommand } from "../run-command.ts";

const root = join(import.meta.dirname, "../..");
const operator = join(root, "charts/retriever-migration-operator");
const sidecar = join(root, "charts/retriever-sidecar");
const kubernetes = ["--kube-version", "1.35.0"];
/** What has no default. */
const given = ["--set-json", 'image.repository="registry.example/retriever/retriever-operator"'];
/** What the stored renderings are for: a cluster that has the definitions already. */
const served = ["--api-versions", "retriever.dev/v1alpha1/RetrieverMigrationPolicy"];

type Result = { readonly name: string; readonly fault: string | undefined };

/** `chart` rendered with each values file of `from`/renderings. */
type Rendered = { readonly chart: string; readonly from: string; readonly release: string; readonly namespace: string };

/** What a person may get wrong, and the words they must find. */
const refusals: readonly (readonly [setting: string, words: string])[] = [
  ["replica=3", "'replica' not allowed"],
  ['settings.logLevl="info"', "'logLevl' not allowed"],
  ['settings.actIdentity="maybe"', "/settings/actIdentity"],
  ['image.repository=""', "image.repository: expected where the image is"],
  ['image.digest="sha256:1"', "/image/digest"],
  ["replicas=9", "/replicas"],
  ['namespaces=["Search"]', "/namespaces/0"],
  ["affinity=[]", "/affinity"],
  ["prometheusRule.create=true", "prometheusRule.runbookUrl: expected"],
];

/** Of the library chart: what would cut the application off, open the admin port, or write with nobody's credential. */
const sidecarRefusals: readonly (readonly [setting: string, words: string])[] = [
  ["networkPolicy.applicationIngress=null", "applicationIngress: expected who reaches the application"],
  ['networkPolicy.applicationIngress=[{"ports":[{"port":7090}]}]', "expected ports without the admin port"],
  ['networkPolicy.applicationIngress=[{"ports":[{"port":"admin"}]}]', "expected ports without the admin port"],
  ['networkPolicy.applicationIngress=[{"ports":[{"port":"admin-tls"}]}]', "expected ports without the admin port"],
  ['networkPolicy.applicationIngress=[{"ports":[{"port":"admin-mtls"}]}]', "expected ports without the admin port"],
  ['adminTls.secretName="Not A Name"', "/adminTls/secretName"],
  [
    'adminTls={"operatorCaConfigMap":"c"}',
    "adminTls.operatorCaConfigMap: expected a certificate of the workload beside it",
  ],
  [
    'networkPolicy.applicationIngress=[{"ports":[{"port":1,"endPort":65535}]}]',
    "expected ports without the admin port",
  ],
  ['networkPolicy.applicationIngress=[{"ports":[{"protocol":"TCP"}]}]', "expected ports without the admin port"],
  ['networkPolicy.applicationIngress=[{"form":[]}]', "'form' not allowed"],
  ["copy.env=[]", "copy: expected env or credentialsSecret"],
  ['copy={"create":true,"bounds":["a"],"credentialsSecret":"c"}', "expected no create beside bounds"],
  ["sync.env=[]", "sync: expected env or credentialsSecret"],
  ["repair.env=[]", "repair: expected env or credentialsSecret"],
  ["verify.lag=10", "verify.lag: expected more than sync.interval and sync.lag together"],
];

/** What a person may give, and the words that they get. */
const accepted: readonly (readonly [setting: string, words: string])[] = [
  ["admissionPolicies.operatorAccounts=null", "in ['system:serviceaccount:default:retriever-migration-operator']"],
];

async function main(check: boolean): Promise<number> {
  const helm = process.env["HELM"];
  if (helm === undefined) {
    process.stderr.write("HELM: expected the path of a helm, got none\n");
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), "retriever-charts-"));
  try {
    // What `helm dependency build` does, without writing into the tree.
    const example = join(folder, "search-api");
    cpSync(join(root, "examples/chart"), example, { recursive: true });
    cpSync(sidecar, join(example, "charts/retriever-sidecar"), { recursive: true });
    const rendered: readonly Rendered[] = [
      { chart: operator, from: operator, release: "retriever", namespace: "retriever-system" },
      { chart: example, from: sidecar, release: "search-api", namespace: "search" },
    ];
    const results: Result[] = [];
    for (const chart of [operator, sidecar, example]) results.push(await lint(helm, chart));
    for (const one of rendered) results.push(...(await renderAll(helm, one, check)));
    results.push(await crdsAreCopies(helm));
    for (const [setting, words] of refusals) results.push(await isRefused(helm, operator, setting, words));
    for (const [setting, words] of accepted) results.push(await isAccepted(helm, setting, words));
    for (const [setting, words] of sidecarRefusals)
      results.push(await isRefused(helm, example, `retriever-sidecar.${setting}`, words));
    return report(results);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function lint(helm: string, chart: string): Promise<Result> {
  const { code, output } = await run(helm, ["lint", "--strict", chart, ...kubernetes]);
  return { name: `lint ${basename(chart)}`, fault: code === 0 ? undefined : output };
}

async function renderAll(helm: string, { chart, from, release, namespace }: Rendered, check: boolean) {
  const results: Result[] = [];
  for (const values of globSync(join(from, "renderings/*.values.yaml")).toSorted()) {
    const file = values.replace(/\.values\.yaml$/, ".yaml");
    const words = ["template", release, chart, "--namespace", namespace, "--values", values, ...kubernetes, ...served];
    const { code, output, stdout } = await run(helm, words);
    // Helm 3 and 4 part their documents by different blank lines.
    const text = `${stdout.replaceAll(/\n+(?=---\n)/g, "\n").trimEnd()}\n`;
    const isSame = code === 0 && text === readIfThere(file);
    if (code === 0 && !check && !isSame) writeFileSync(file, text);
    const stale = check && !isSame ? `${file} is stale: run node tools/charts/render.ts` : undefined;
    results.push({ name: `render ${basename(chart)} ${basename(file)}`, fault: code === 0 ? stale : output });
  }
  return results;
}

/** The manifests with nothing but the annotation that keeps them. */
async function crdsAreCopies(helm: string): Promise<Result> {
  const words = ["template", "retriever", operator, ...given, "--show-only", "templates/crds.yaml", ...kubernetes];
  const { code, output, stdout } = await run(helm, words);
  const kept = stdout.replaceAll("\n  annotations:\n    helm.sh/resource-policy: keep", "");
  const missing = globSync(join(root, "crds/manifests/*.yaml")).filter(
    (file) => !kept.includes(readFileSync(file, "utf8").trim()),
  );
  const isKept = stdout.split("helm.sh/resource-policy: keep").length === 4;
  const fault = missing.length > 0 ? `not as they are: ${missing.join(", ")}` : isKept ? undefined : "not kept";
  return { name: "CRDs are the manifests, kept", fault: code === 0 ? fault : output };
}

async function isAccepted(helm: string, setting: string, words: string): Promise<Result> {
  const { code, output } = await renderWith(helm, operator, setting);
  const isTaken = code === 0 && output.includes(words);
  return { name: `take --set ${setting}`, fault: isTaken ? undefined : `exit ${code}, expected ${words}` };
}

function renderWith(helm: string, chart: string, setting: string) {
  return run(helm, ["template", "retriever", chart, ...given, "--set-json", setting, ...kubernetes]);
}

async function isRefused(helm: string, chart: string, setting: string, words: string): Promise<Result> {
  const { code, output } = await renderWith(helm, chart, setting);
  const refused = code !== 0 && output.includes(words);
  return { name: `refuse --set ${setting}`, fault: refused ? undefined : `exit ${code}, expected ${words}: ${output}` };
}

function run(helm: string, words: readonly string[]) {
  return runCommand([helm, ...words], { cwd: root, deadlineSeconds: 60 });
}

function report(results: readonly Result[]): number {
  for (const { name, fault } of results) {
    process.stdout.write(`${fault === undefined ? "ok  " : "FAIL"} ${name}\n`);
    if (fault !== undefined) process.stdout.write(`${fault.slice(0, 2000).trimEnd()}\n`);
  }
  const failed = results.filter(({ fault }) => fault !== undefined).length;
  process.stdout.write(`${results.length - failed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.includes("--check"));
