// Whether the pods of a Job that writes to a store have a credential that the serving pods haven't. Pure.
import type { KubeObject, PodSpec } from "@retriever/operator/kube/documents.ts";
import { credentialFolder } from "@retriever/stores/config/credential.ts";
import { type Item, missing, ok, unknownItem } from "./check-item.ts";
import { podsOfTemplate, type WriterTemplate } from "./check-writer-template.ts";

/**
 * One of its own is enough: those of the store that is only read may be the serving pods'. Which is which only a migration
 * says. `serving` undefined: not known.
 */
export function credentialItem(
  { writing, container }: Pick<WriterTemplate, "writing" | "container">,
  found: KubeObject,
  serving: PodSpec | undefined,
): Item {
  const title = `${writing} secret`;
  const pods = podsOfTemplate(found) as WithSecrets;
  const credentials = credentialsOf(pods, container);
  const helped = `give it one of its own by ${writing}.credentialsSecret or ${writing}.env of the library chart`;
  const foreign = foreignVolume(pods, container);
  if (credentials.length === 0 && foreign === undefined)
    return missing(title, "its pods get no Secret with a credential that may write", helped);
  if (serving === undefined) return unknownItem(title, "nobody knows which Secrets the serving pods get");
  const theirs = secretsOf(serving as WithSecrets);
  const isShared = (secret: Secret): boolean => theirs.some((other) => isSame(secret, other));
  const own = namesOf(credentials.filter((secret) => !isShared(secret)));
  const shared = namesOf(credentials.filter(isShared));
  const readOnly = shared === "" ? "" : `; Secret ${shared} is the serving pods' as well, and may read only`;
  if (own !== "") return ok(title, `Secret ${own}${readOnly}`);
  if (foreign !== undefined)
    return unknownItem(title, `nobody knows whose the credentials in volume ${foreign} are${readOnly}`);
  return missing(
    title,
    `Secret ${shared} is given to the serving pods as well, which then may write`,
    `${helped}; that of the serving pods may read only`,
  );
}

/** `key` undefined: all of it. */
type Secret = { readonly name: string; readonly key?: string | undefined };

function isSame(a: Secret, b: Secret): boolean {
  return a.name === b.name && (a.key === undefined || b.key === undefined || a.key === b.key);
}

function namesOf(secrets: readonly Secret[]): string {
  return [...new Set(secrets.map(({ name }) => name))].join(", ");
}

type SecretRef = { readonly name?: string; readonly secretName?: string; readonly key?: string };
type Container = {
  readonly name: string;
  readonly env?: readonly { readonly valueFrom?: { readonly secretKeyRef?: SecretRef } }[];
  readonly envFrom?: readonly { readonly secretRef?: SecretRef }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
};
type Volume = {
  readonly name: string;
  readonly secret?: SecretRef;
  readonly projected?: { readonly sources?: readonly { readonly secret?: SecretRef }[] };
};
type WithSecrets = {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
};

/** What the program may read as a credential: variables, and files of the one folder. A certificate is none. */
function credentialsOf(pods: WithSecrets, container: string): readonly Secret[] {
  return [
    ...programsOf(pods, container).flatMap(ofContainer),
    ...credentialVolumes(pods, container).flatMap(ofVolume),
  ].flatMap(named);
}

/** One that no Secret fills: a driver's, for instance. */
function foreignVolume(pods: WithSecrets, container: string): string | undefined {
  return credentialVolumes(pods, container).find((volume) => ofVolume(volume).flatMap(named).length === 0)?.name;
}

/** The container that writes; all of them where none has its name, which is told of by itself. */
function programsOf({ containers = [] }: WithSecrets, container: string): readonly Container[] {
  const own = containers.filter(({ name }) => name === container);
  return own.length === 0 ? containers : own;
}

function credentialVolumes(pods: WithSecrets, container: string): readonly Volume[] {
  const mounts = programsOf(pods, container).flatMap(({ volumeMounts = [] }) => volumeMounts);
  const folder = `${credentialFolder}/`;
  const isIn = (path: string): boolean => `${path}/`.startsWith(folder) || folder.startsWith(`${path}/`);
  return (pods.volumes ?? []).filter(({ name }) =>
    mounts.some((mount) => mount.name === name && isIn(mount.mountPath)),
  );
}

/** All that the serving pods get, whichever container of them. */
function secretsOf({ containers = [], initContainers = [], volumes = [] }: WithSecrets): readonly Secret[] {
  return [...[...containers, ...initContainers].flatMap(ofContainer), ...volumes.flatMap(ofVolume)].flatMap(named);
}

function ofContainer({ env = [], envFrom = [] }: Container): readonly (SecretRef | undefined)[] {
  return [...env.map(({ valueFrom }) => valueFrom?.secretKeyRef), ...envFrom.map(({ secretRef }) => secretRef)];
}

function ofVolume({ secret, projected }: Volume): readonly (SecretRef | undefined)[] {
  return [secret, ...(projected?.sources ?? []).map((source) => source.secret)];
}

function named(ref: SecretRef | undefined): Secret[] {
  const name = ref?.name ?? ref?.secretName;
  return name === undefined ? [] : [{ name, key: ref?.key }];
}
