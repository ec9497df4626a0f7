// The workload, and whether its pods can receive a base and an overlay.
import { overlayName } from "@retriever/sidecar/contract/names.ts";
import { overlayFileName } from "@retriever/sidecar/contract/overlay.ts";
import type { Observation } from "#core/model/observation.ts";
import type { Read } from "#core/model/workload.ts";
import type { Cluster, ConfigSource, WorkloadRead } from "#ports/cluster.ts";
import { attempt, type ReadDeadline } from "./attempt.ts";
import { type FilledSource, readBase } from "./read-base.ts";

type TargetPlace = {
  readonly namespace: string;
  readonly target: string;
  /** Under way already: the pods wait for it, too. */
  readonly workload: Promise<Read<WorkloadRead | undefined>>;
};

type TargetReads = Pick<Cluster, "readNamespaceTerminating" | "readConfigMap">;

/** The target with the ConfigMaps of its config directory. One failed read makes the whole target unread. */
export async function readTarget(
  place: TargetPlace,
  cluster: TargetReads,
  deadline: ReadDeadline,
): Promise<Observation["target"]> {
  const { namespace, target } = place;
  const namespaceRead = attempt(deadline, `namespace ${namespace}`, (signal) =>
    cluster.readNamespaceTerminating(namespace, signal),
  );
  const [workload, terminating] = await Promise.all([place.workload, namespaceRead]);
  if (!workload.ok) return workload;
  if (!terminating.ok) return terminating;
  const namespaceTerminating = terminating.value;
  if (workload.value === undefined) return { ok: true, value: { found: false, namespaceTerminating } };
  const { replicas, hasSidecar, usesSubPath, configSources } = workload.value;
  const filled = await fillSources(namespace, workload.value, cluster, deadline);
  if (!filled.ok) return filled;
  const overlay = configSources.find((source) => source.configMap === overlayName(target));
  const base = readBase(filled.value.filter(({ source }) => source.configMap !== overlayName(target)));
  return {
    ok: true,
    value: {
      found: true,
      namespaceTerminating,
      replicas,
      hasSidecar,
      mountsOverlay: overlay?.optional === true && bringsText(overlay) && !usesSubPath,
      baseConfigMaps: base.configMaps,
      baseFaults: base.faults,
    },
  };
}

/** All of its keys, or at least this one, under its own name. */
function bringsText({ items }: ConfigSource): boolean {
  return items === null || items.some(({ key, path }) => key === overlayFileName && path === overlayFileName);
}

async function fillSources(
  namespace: string,
  workload: WorkloadRead,
  cluster: TargetReads,
  deadline: ReadDeadline,
): Promise<Read<readonly FilledSource[]>> {
  // An optional ConfigMap can't be the base: pods would start without it.
  const required = workload.configSources.filter((source) => !source.optional).slice(0, 20);
  const reads = await Promise.all(
    required.map(async (source) => {
      const name = source.configMap;
      const read = await attempt(deadline, `configmap ${name}`, (signal) =>
        cluster.readConfigMap(namespace, name, signal),
      );
      return { source, read };
    }),
  );
  const filled: FilledSource[] = [];
  for (const { source, read } of reads) {
    if (!read.ok) return read;
    filled.push({ source, configMap: read.value });
  }
  return { ok: true, value: filled };
}
