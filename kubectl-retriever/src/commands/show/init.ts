// The command `init`: a first manifest for a workload as it stands, with what is left to fill in. It holds names of the
// base and nothing else of it: a base may hold secrets.
import { makeClusterReads } from "@retriever/operator/adapters/cluster/cluster-reads.ts";
import { OperatorError } from "@retriever/operator/errors.ts";
import type { KubeRequest } from "@retriever/operator/kube/kube-request.ts";
import { readObject } from "@retriever/operator/kube/read-and-write.ts";
import { cronJobs } from "@retriever/operator/kube/resources.ts";
import type { Clock } from "@retriever/operator/ports/clock.ts";
import type { ConfigMapRead } from "@retriever/operator/ports/cluster.ts";
import { baseConfigSchema, baseFileNames } from "@retriever/sidecar/contract/base.ts";
import { verifyTemplateName } from "@retriever/sidecar/contract/names.ts";
import { parse } from "yaml";
import { exitCodes } from "#output/exit-codes.ts";
import type { Terminal } from "#output/terminal.ts";
import { told } from "#told.ts";
import { similarWorkload } from "../check/similar-workload.ts";

type InitRequest = {
  readonly namespace: string;
  /** Of the Deployment. */
  readonly workload: string;
  /** Kind of the destination; undefined: the one that doesn't serve. */
  readonly to: StoreKind | undefined;
};
type StoreKind = "qdrant" | "pgvector";

type Tools = { readonly request: KubeRequest; readonly terminal: Terminal; readonly clock: Clock };

/** Prints it; 2 where the workload has no base that says what serves today. */
export async function initMigration(asked: InitRequest, tools: Tools, signal: AbortSignal): Promise<number> {
  const { request, terminal } = tools;
  const { namespace, workload, to } = asked;
  const source = await findSource(asked, tools, signal);
  if (source === undefined) {
    terminal.warn(
      `refused: deployment/${workload} in ${namespace} has no base that says which store serves; kubectl retriever check --for deployment/${workload} -n ${namespace} says what is missing`,
    );
    return exitCodes.refused;
  }
  const place = { resource: cronJobs, namespace, name: verifyTemplateName(workload) };
  const verifier = await told(readObject(request, place, signal));
  const kind = to ?? (source.kind === "qdrant" ? "pgvector" : "qdrant");
  // Only what is known to be missing is left out.
  const hasVerifier = !verifier.ok || verifier.value !== undefined;
  const cronJob = `CronJob ${place.name} to compare the stores with`;
  if (!verifier.ok)
    terminal.warn(`parity is asked for, and whether there is a ${cronJob} isn't known: ${verifier.why}`);
  else if (!hasVerifier)
    terminal.warn(`parity is skipped: there is no ${cronJob}, and nothing else finds chunks that are missing`);
  terminal.data(render(asked, source, { kind, hasVerifier }));
  return exitCodes.ok;
}

type Source = { readonly kind: string; readonly place: string };

async function findSource({ namespace, workload }: InitRequest, { request, clock }: Tools, signal: AbortSignal) {
  const reads = makeClusterReads(request, [], clock);
  const found = await reads.readWorkload(namespace, workload, signal);
  if (found === undefined)
    throw new OperatorError(
      "ROP_NOT_FOUND",
      `no Deployment ${workload} in namespace ${namespace}${await similarWorkload({ namespace, workload }, request, signal)}`,
    );
  for (const { configMap, optional } of found.configSources) {
    const map = optional ? undefined : await reads.readConfigMap(namespace, configMap, signal);
    const source = map === undefined ? undefined : sourceOf(map);
    if (source !== undefined) return source;
  }
  return undefined;
}

function sourceOf({ data }: ConfigMapRead): Source | undefined {
  const text = Object.entries(data).find(([name]) => baseFileNames.some((known) => known === name))?.[1];
  const { data: base } = baseConfigSchema.safeParse(text === undefined ? undefined : readYaml(text));
  if (base === undefined) return undefined;
  const { primary } = base;
  return { kind: primary.kind, place: primary.kind === "qdrant" ? primary.collection : primary.table };
}

function readYaml(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 100 });
  } catch {
    return undefined;
  }
}

type Choice = { readonly kind: StoreKind; readonly hasVerifier: boolean };

function render({ namespace, workload }: InitRequest, { kind, place }: Source, to: Choice): string {
  const file = `${workload.slice(0, 40).replace(/[-.]+$/, "")}-to-${to.kind}`;
  return [
    `# Moves deployment/${workload} from ${kind} (${place}) to ${to.kind}. Fill in what is marked with <<, then:`,
    `#   kubectl retriever lint -f ${file}.yaml`,
    `#   kubectl retriever plan -f ${file}.yaml --rate 12       # your requests per second`,
    `#   kubectl retriever rehearse -f ${file}.yaml`,
    `#   kubectl apply -f ${file}.yaml`,
    "apiVersion: retriever.dev/v1alpha1",
    "kind: RetrieverMigration",
    "metadata:",
    `  name: ${file}`,
    `  namespace: ${scalar(namespace)}`,
    "spec:",
    "  target:",
    `    name: ${scalar(workload)}`,
    "  # Credentials by reference only: the names of variables of the sidecar's container.",
    "  destination:",
    ...destinations[to.kind].map((line) => `    ${line}`),
    ...(to.hasVerifier ? [] : withoutVerifier(workload)),
    "  # Everything else has a default: docs/resource.md. The checklist asks for proof before anything moves, and the guard",
    "  # watches for 24h after the cutover, and rolls back by itself.",
  ].join("\n");
}

/** Quoted where YAML would read something else than a string: `123`, `on`, `1e3`. */
function scalar(name: string): string {
  return /^[a-z][-a-z.]{3,}$/.test(name) && !["true", "false", "null"].includes(name) ? name : JSON.stringify(name);
}

const destinations: Readonly<Record<StoreKind, readonly string[]>> = {
  qdrant: [
    "kind: qdrant",
    "url: https://qdrant.example:6333 # << also in the pods' RETRIEVER_ALLOWED_HOSTS",
    "collection: chunks # <<",
    "apiKey: { fromEnv: RETRIEVER_CRED_QDRANT } # << or leave it out",
  ],
  pgvector: [
    "kind: pgvector",
    "host: postgres.example # << also in the pods' RETRIEVER_ALLOWED_HOSTS",
    "database: search # <<",
    "table: chunks # <<",
    "user: { fromEnv: RETRIEVER_CRED_PG_USER } # <<",
    "password: { fromEnv: RETRIEVER_CRED_PG_PASSWORD } # <<",
  ],
};

function withoutVerifier(workload: string): string[] {
  return [
    `  # There is no CronJob ${verifyTemplateName(workload)} to compare the stores with: chunks that are missing are found`,
    "  # by nothing else. Make it by the library chart, and take these two lines out.",
    "  checklist:",
    "    parity: { policy: Skip }",
  ];
}
