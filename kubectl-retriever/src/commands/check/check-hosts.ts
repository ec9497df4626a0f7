// Whether the pods of a workload may connect to any destination at all: what its pod template says.
import { sidecarOf } from "@retriever/operator/adapters/cluster/read-workload.ts";
import type { Read } from "@retriever/operator/core/model/workload.ts";
import type { Container, DeploymentDocument } from "@retriever/operator/kube/documents.ts";
import { parseAllowedHosts } from "@retriever/sidecar/contract/allowed-hosts.ts";
import { printable } from "@retriever/stores/errors.ts";
import { type Item, missing, ok, unknownItem } from "./check-item.ts";

type Entry = { readonly name: string; readonly value?: string; readonly valueFrom?: unknown };
type WithSources = Container & { readonly envFrom?: readonly unknown[] };

const variable = "RETRIEVER_ALLOWED_HOSTS";

/** None where the template has no sidecar. */
export function hostsItem(deployment: Read<unknown>): readonly Item[] {
  if (!deployment.ok) return [unknownItem("hosts", deployment.why)];
  const template = (deployment.value as DeploymentDocument | undefined)?.spec?.template?.spec;
  const sidecar = sidecarOf(template ?? {});
  return sidecar === undefined ? [] : [itemOf(sidecar)];
}

function itemOf({ env = [], envFrom = [] }: WithSources): Item {
  const entry: Entry | undefined = env.findLast(({ name }) => name === variable);
  const isElsewhere = entry === undefined ? envFrom.length > 0 : entry.valueFrom !== undefined;
  if (isElsewhere) return unknownItem("hosts", `${variable} comes from another object`);
  const value = entry?.value?.trim() ?? "";
  const parsed = parseAllowedHosts(value);
  // What is no list of hosts may be anything, a password among it.
  if ("faultyEntry" in parsed)
    return missing(
      "hosts",
      `entry ${parsed.faultyEntry + 1} of ${variable} isn't one: no sidecar starts with it`,
      "write [https://]host[:port][=credential], separated by commas (allowedHosts of the library chart)",
    );
  if (value !== "") return ok("hosts", `${variable} names ${printable(value, 200)}`);
  return missing(
    "hosts",
    `the sidecar has no ${variable}: it connects to no destination`,
    "name the destination's host and the credential bound to it (allowedHosts of the library chart)",
  );
}
