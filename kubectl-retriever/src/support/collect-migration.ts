// What a support bundle holds of one migration. It asks for no Secret, and of a base, of variables and of other parts of an
// application that may hold some for nothing at all.

import { printSelector } from "@retriever/operator/adapters/cluster/read-workload.ts";
import { printChainFile } from "@retriever/operator/audit/chain-file.ts";
import { OperatorError } from "@retriever/operator/errors.ts";
import type { KubeObject } from "@retriever/operator/kube/documents.ts";
import type { KubeRequest } from "@retriever/operator/kube/kube-request.ts";
import { listAll } from "@retriever/operator/kube/listing.ts";
import { ifThere, readObject } from "@retriever/operator/kube/read-and-write.ts";
import { configMaps, deployments, migrationActs, migrations } from "@retriever/operator/kube/resources.ts";
import { overlayName } from "@retriever/sidecar/contract/names.ts";
import { describeNone } from "#find-migration.ts";
import { collectPods } from "./collect-pods.ts";
import type { Collected, Sources } from "./collected.ts";
import { redactEvidence } from "./redact-evidence.ts";

type Subject = { readonly namespace: string; readonly name: string };

/** Characters of evidence: what a cluster keeps of one migration, and more. */
const mostEvidence = 16 * 1024 * 1024;

/** Adds its files below `migrations/<namespace>/<name>`; false where the migration itself isn't among them. */
export async function collectMigration(subject: Subject, from: Sources, to: Collected): Promise<boolean> {
  const { namespace, name } = subject;
  const { client, request, signal } = from;
  const folder = `migrations/${namespace}/${name}`;
  const place = { resource: migrations, namespace, name };
  const found = (await to.value(`${folder}/migration.json`, async () => {
    const object = withoutManagers(await readObject(request, place, signal));
    if (object === undefined) throw new OperatorError("ROP_NOT_FOUND", await describeNone(client, subject, signal));
    return object;
  })) as (KubeObject & { readonly spec?: { readonly target?: { readonly name?: unknown } } }) | undefined;
  await to.value(`${folder}/acts.json`, () => listActs(subject, request, signal));
  await to.value(`${folder}/events.json`, () => client.listEvents({ namespace, name }, signal));
  const uid = found?.metadata?.uid;
  if (uid !== undefined) await collectEvidence(`${folder}/evidence.jsonl`, { ...subject, uid }, from, to);
  const target = found?.spec?.target?.name;
  if (typeof target === "string") await collectTarget({ folder, namespace, target }, from, to);
  return found !== undefined;
}

/** With a secret a record loses its place in the chain. */
async function collectEvidence(
  path: string,
  subject: Subject & { readonly uid: string },
  { evidence, signal }: Sources,
  to: Collected,
): Promise<void> {
  const read = async () => {
    const chain = await evidence.readChain(subject, signal);
    return chain === undefined ? undefined : printChainFile(subject, chain);
  };
  const redact = (text: string) => {
    const redacted = redactEvidence(text);
    if (redacted !== text) to.miss(path, "what looks like a secret was taken out of it: its chain doesn't hold");
    return redacted;
  };
  await to.lines(path, read, { redact, most: mostEvidence });
}

function withoutManagers(object: KubeObject | undefined): KubeObject | undefined {
  if (object === undefined) return undefined;
  const { managedFields: _managers, ...metadata } = object.metadata ?? {};
  return { ...object, metadata };
}

async function listActs({ namespace, name }: Subject, request: KubeRequest, signal: AbortSignal) {
  const isOfIt = ({ spec }: KubeObject) =>
    (spec as { readonly migration?: { readonly name?: unknown } } | undefined)?.migration?.name === name;
  const place = { resource: migrationActs, namespace };
  return listAll(request, { place }, (act) => (isOfIt(act) ? [withoutManagers(act)] : []), signal);
}

type Target = { readonly folder: string; readonly namespace: string; readonly target: string };

async function collectTarget({ folder, namespace, target }: Target, from: Sources, to: Collected): Promise<void> {
  const { request, signal } = from;
  await to.value(`${folder}/overlay.json`, () => {
    const place = { resource: configMaps, namespace, name: overlayName(target) };
    return ifThere(readObject(request, place, signal)).then(withoutManagers);
  });
  let selector = "";
  await to.value(`${folder}/workload.json`, async () => {
    const found = (await readObject(request, { resource: deployments, namespace, name: target }, signal)) as
      | Deployment
      | undefined;
    selector = printSelector(found?.spec?.selector ?? {});
    return found === undefined ? undefined : describeWorkload(found);
  });
  if (selector !== "") await collectPods({ folder: `${folder}/pods`, namespace, selector }, from, to);
}

type Image = { readonly name?: string; readonly image?: string };
type Deployment = KubeObject & {
  readonly spec?: {
    readonly replicas?: number;
    readonly selector?: Parameters<typeof printSelector>[0];
    readonly template?: {
      readonly spec?: { readonly initContainers?: readonly Image[]; readonly containers?: readonly Image[] };
    };
  };
};

/** Who runs, and how many: no variables, no arguments, no annotations. */
function describeWorkload({ metadata, spec, status }: Deployment) {
  const pod = spec?.template?.spec;
  const containers = [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])].map(({ name, image }) => ({
    name,
    image,
  }));
  return {
    name: metadata?.name,
    uid: metadata?.uid,
    generation: metadata?.generation,
    replicas: spec?.replicas,
    containers,
    status,
  };
}
