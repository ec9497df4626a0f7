// What a support bundle holds of pods: how they stand, the newest lines of one container's log, and what a sidecar says of
// itself, asked through the API server.

import { readPodDocument } from "@retriever/operator/adapters/cluster/read-workload.ts";
import { OperatorError } from "@retriever/operator/errors.ts";
import { type Invalid, parseForeign } from "@retriever/operator/http/exchange.ts";
import type { PodDocument } from "@retriever/operator/kube/documents.ts";
import { listAll } from "@retriever/operator/kube/listing.ts";
import { pods } from "@retriever/operator/kube/resources.ts";
import { sidecarContainer } from "@retriever/sidecar/contract/names.ts";
import type { Collected, Sources } from "./collected.ts";

const mostPods = 5;
const mostListed = 200;
const newestLines = 500;
const mostLogBytes = 512 * 1024;

type Asked = { readonly folder: string; readonly namespace: string; readonly selector: string };
type Reading = Pick<Sources, "request" | "signal">;
type ContainerStatus = {
  readonly name?: string;
  readonly image?: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: unknown;
  readonly lastState?: unknown;
};

const statusesOf = ({ status }: PodDocument): readonly ContainerStatus[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];

/** The pods that match, and of the first few sidecars more. */
export async function collectPods({ folder, namespace, selector }: Asked, from: Reading, to: Collected): Promise<void> {
  const found = await listPods(`${folder}.json`, { namespace, selector }, from, to);
  for (const pod of found.slice(0, mostPods)) {
    const place = { namespace, pod: pod.name };
    await collectLog(
      `${folder}/${pod.name}`,
      { ...place, container: sidecarContainer, hasRestarted: pod.hasRestarted },
      from,
      to,
    );
    await to.value(`${folder}/${pod.name}/status.json`, () => askSidecar(place.namespace, pod, from));
  }
}

/** The operator's own pods: their logs. */
export async function collectOperator(
  { folder, namespace, selector }: Asked,
  from: Reading,
  to: Collected,
): Promise<void> {
  const found = await listPods(`${folder}.json`, { namespace, selector }, from, to);
  for (const { name, container, hasRestarted } of found.slice(0, mostPods))
    await collectLog(`${folder}/${name}`, { namespace, pod: name, container, hasRestarted }, from, to);
}

type Pod = {
  readonly name: string;
  readonly adminPort: number;
  readonly hasTls: boolean;
  readonly container: string;
  readonly hasRestarted: boolean;
};

async function listPods(
  path: string,
  { namespace, selector }: Omit<Asked, "folder">,
  { request, signal }: Reading,
  to: Collected,
): Promise<readonly Pod[]> {
  const found: Pod[] = [];
  await to.value(path, async () => {
    const selection = { place: { resource: pods, namespace }, query: { labelSelector: selector } };
    const listed = await listAll(request, selection, (item) => [item as PodDocument], signal);
    for (const pod of listed) {
      const { name, adminPort, adminTls } = readPodDocument(pod);
      const hasRestarted = statusesOf(pod).some(({ restartCount = 0 }) => restartCount > 0);
      found.push({
        name,
        adminPort,
        hasTls: adminTls !== undefined,
        container: operatorContainerOf(pod),
        hasRestarted,
      });
    }
    return listed.slice(0, mostListed).map(describePod);
  });
  return found;
}

/** As the chart names it; a mesh may have put its proxy before it. */
function operatorContainerOf({ spec }: PodDocument): string {
  const names = (spec?.containers ?? []).map(({ name }) => name);
  return names.find((name) => name === "operator") ?? names[0] ?? "";
}

function describePod(pod: PodDocument) {
  const { ip: _ip, adminPort: _port, ...told } = readPodDocument(pod);
  const containers = statusesOf(pod).map(({ name, image, ready, restartCount, state, lastState }) => ({
    name,
    image,
    ready,
    restartCount,
    state,
    lastState,
  }));
  return { ...told, containers };
}

type Log = {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly hasRestarted: boolean;
};

/** Of one that was started anew, also the end of the log before. */
async function collectLog(folder: string, log: Log, from: Reading, to: Collected): Promise<void> {
  const collect = async (path: string, previous: Readonly<Record<string, string>>) =>
    to.lines(path, async () => {
      const { text, lines } = await readNewest(log, previous, from);
      if (lines < newestLines)
        to.miss(path, `its newest ${newestLines} lines are too long: only ${lines} were asked for`);
      return text;
    });
  await collect(`${folder}/${log.container}.log`, {});
  if (log.hasRestarted) await collect(`${folder}/${log.container}.previous.log`, { previous: "true" });
}

/** A limit of bytes cuts off the newest lines: then fewer are asked for. */
async function readNewest(
  { namespace, pod, container }: Log,
  previous: Readonly<Record<string, string>>,
  { request, signal }: Reading,
): Promise<{ readonly text: string; readonly lines: number }> {
  const place = { resource: pods, namespace, name: pod, subresource: "log" };
  for (let lines = newestLines; ; lines = Math.floor(lines / 5)) {
    const query = { container, tailLines: String(lines), limitBytes: String(mostLogBytes), ...previous };
    const text = (await request({ method: "GET", place, query, form: "text", signal })) as string;
    if (Buffer.byteLength(text) < mostLogBytes || lines < 5) return { text, lines };
  }
}

const mostStatusBytes = 1024 * 1024;
const mostStatusValues = 200_000;

/** Whatever answers there is the pod's own: it may be anything. */
async function askSidecar(namespace: string, pod: Pod, { request, signal }: Reading): Promise<unknown> {
  const { name, adminPort, hasTls } = pod;
  const proxied = `${hasTls ? "https:" : ""}${name}:${adminPort}`;
  const place = { resource: pods, namespace, name: proxied, subresource: "proxy/v1/status" };
  const text = (await request({ method: "GET", place, form: "text", signal })) as string;
  const invalid: Invalid = (what) => new OperatorError("ROP_SIDECAR_ANSWER_INVALID", `${name}: ${what}`);
  if (text.length > mostStatusBytes) throw invalid(`more than ${mostStatusBytes} characters`);
  return parseForeign(text, mostStatusValues, invalid);
}
