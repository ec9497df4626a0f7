// Environment and arguments of a container's process: references resolved, mount paths turned into host paths,
// listen addresses moved to the pod's own address. Pure; throws what a kubelet calls CreateContainerConfigError.
import { type KubeObject, textOf, valueAt } from "../../api/model/json.ts";
import { type Container, portOf } from "./pod-shape.ts";

type EnvSources = {
  readonly pod: KubeObject;
  readonly podIp: string;
  /** Host directory by mount path. */
  readonly hostPaths: ReadonlyMap<string, string>;
};

type Launch = { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> };

const defaultPorts = { retrieve: 7080, admin: 7090 };

/** What the container's process is started with. */
export function launchOf(container: Container, sources: EnvSources): Launch {
  const frozen = container.volumeMounts.find(({ subPath = "" }) => subPath !== "");
  if (frozen !== undefined)
    throw new Error(`volumeMount ${frozen.name}: subPath never sees an update and is not supported`);
  const env: Record<string, string> = {
    RETRIEVER_LISTEN: `${sources.podIp}:${portOf(container, "retrieve", defaultPorts.retrieve)}`,
    RETRIEVER_ADMIN: `${sources.podIp}:${portOf(container, "admin", defaultPorts.admin)}`,
  };
  for (const entry of container.env) {
    env[entry.name] = toHostPath(expand(valueOf(entry, sources), env), sources.hostPaths);
  }
  for (const name of ["RETRIEVER_LISTEN", "RETRIEVER_ADMIN"]) env[name] = toPodAddress(env[name] ?? "", sources.podIp);
  const args = (container.args.length === 0 ? ["serve"] : container.args).map((arg) =>
    toHostPath(expand(arg, env), sources.hostPaths),
  );
  return { args: moveListeners(args, sources.podIp), env };
}

function valueOf({ name, value, valueFrom }: Container["env"][number], sources: EnvSources): string {
  if (valueFrom === undefined) return value;
  if (valueFrom.fieldRef !== undefined) return fieldOf(valueFrom.fieldRef.fieldPath, sources);
  throw new Error(`env ${name}: unsupported valueFrom ${Object.keys(valueFrom).join(", ")}`);
}

function fieldOf(path: string, { pod, podIp }: EnvSources): string {
  const keyed = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path);
  if (keyed !== null) return textOf(valueAt(pod, "metadata", keyed[1] ?? "", keyed[2] ?? ""));
  const known: Record<string, string> = {
    "metadata.name": pod.metadata.name,
    "metadata.namespace": pod.metadata.namespace ?? "",
    "metadata.uid": pod.metadata.uid ?? "",
    "status.podIP": podIp,
  };
  const value = known[path];
  if (value === undefined)
    throw new Error(`fieldRef ${path} is not supported, expected one of ${Object.keys(known).join(", ")}`);
  return value;
}

/** `$(NAME)` as Kubernetes expands it: known variables only, `$$` escapes. */
function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? "$" : (env[name] ?? whole),
  );
}

function toHostPath(text: string, hostPaths: ReadonlyMap<string, string>): string {
  let made = text;
  const longestFirst = [...hostPaths].toSorted(([a], [b]) => b.length - a.length);
  for (const [mount, host] of longestFirst) {
    const pattern = new RegExp(`(^|[=:,\\s"])${escapePattern(mount)}(?=$|[/:,\\s"])`, "g");
    made = made.replaceAll(pattern, (_, before: string) => before + host);
  }
  return made;
}

/** A listener on every or the local address means the pod's own network. */
function toPodAddress(text: string, podIp: string): string {
  return text.replace(/^(0\.0\.0\.0|127\.0\.0\.1|localhost|\[::\]|)(?=:\d+$)/, podIp);
}

function moveListeners(args: readonly string[], podIp: string): string[] {
  return args.map((arg, index) =>
    ["--listen", "--admin", "--serve-report"].includes(args[index - 1] ?? "") ? toPodAddress(arg, podIp) : arg,
  );
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
