// What runs where, as it is observed: this program, the API server, its definitions, operators by their leases, and
// sidecars by the images of their pods. What may not be read is told with its reason, and nothing fails for it.
import { type KindDefinition, toCrd } from "@retriever/crds/manifest/to-crd.ts";
import type { Read } from "@retriever/operator/core/model/workload.ts";
import { hasCode, OperatorError } from "@retriever/operator/errors.ts";
import type { KubeObject } from "@retriever/operator/kube/documents.ts";
import type { KubeRequest } from "@retriever/operator/kube/kube-request.ts";
import { listAll } from "@retriever/operator/kube/listing.ts";
import {
  definitions,
  leases,
  operatorLabels,
  pods,
  serverVersion,
  versionAnnotation,
} from "@retriever/operator/kube/resources.ts";
import { sidecarContainer } from "@retriever/sidecar/contract/names.ts";
import { told } from "#told.ts";

/** Fields of the API server's definitions against this program's. */
type DefinitionFields = { readonly missing: readonly string[]; readonly unknown: readonly string[] };

export type OperatorRead = {
  readonly version: string;
  readonly namespace: string;
  readonly lease: string;
  /** Empty: nobody leads. */
  readonly leader: string;
  readonly renewedAt: string;
  readonly isLeading: boolean;
};

type SidecarVersion = { readonly version: string; readonly pods: number; readonly example: string };

export type ClusterVersions = {
  readonly server: Read<string>;
  readonly definitions: Read<DefinitionFields>;
  readonly operators: Read<readonly OperatorRead[]>;
  readonly sidecars: Read<readonly SidecarVersion[]>;
};

type Asked = {
  /** Of the sidecars; undefined: all. */
  readonly namespace: string | undefined;
  /** Of the operator's lease; undefined: all are looked through. */
  readonly operatorNamespace: string | undefined;
  /** Epoch ms. */
  readonly now: number;
};

/** Reads all of it. Throws only where nobody answers, to any of it, or nobody is let in. */
export async function readVersions(asked: Asked, request: KubeRequest, signal: AbortSignal): Promise<ClusterVersions> {
  const late: unknown[] = [];
  const read = <T>(call: Promise<T>) =>
    told(
      call.catch((fault: unknown) => {
        if (hasCode(fault, "ROP_DEADLINE_EXCEEDED")) late.push(fault);
        throw fault;
      }),
    );
  const parts = [
    read(readServer(request, signal)),
    read(compareDefinitions(request, signal)),
    read(readOperators(asked, request, signal)),
    read(listSidecars(asked.namespace, request, signal)),
  ] as const;
  const [server, fields, operators, sidecars] = await Promise.all(parts);
  if (late.length === parts.length) throw late[0];
  return { server, definitions: fields, operators, sidecars };
}

async function readServer(request: KubeRequest, signal: AbortSignal): Promise<string> {
  const found = (await request({ method: "GET", place: { resource: serverVersion }, signal })) as {
    readonly gitVersion?: unknown;
  };
  if (typeof found.gitVersion === "string") return found.gitVersion;
  throw new OperatorError("ROP_API_ANSWER_INVALID", "get /version: no gitVersion");
}

type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: readonly unknown[];
};
type Definition = {
  readonly spec: { readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[] };
};

/** Compared field by field, and value by value where only some are taken: nothing else says of which release it is. */
async function compareDefinitions(request: KubeRequest, signal: AbortSignal): Promise<DefinitionFields> {
  const { migrationActKind, migrationKind, migrationPolicyKind } = await import("@retriever/crds/manifest/kinds.ts");
  const compared = await Promise.all(
    [migrationKind, migrationActKind, migrationPolicyKind].map((kind) => compareDefinition(kind, request, signal)),
  );
  return { missing: compared.flatMap(({ missing }) => missing), unknown: compared.flatMap(({ unknown }) => unknown) };
}

async function compareDefinition(
  kind: KindDefinition,
  request: KubeRequest,
  signal: AbortSignal,
): Promise<DefinitionFields> {
  const name = `${kind.names.plural}.${kind.group}`;
  let found: Definition;
  try {
    found = (await request({ method: "GET", place: { resource: definitions, name }, signal })) as Definition;
  } catch (fault) {
    if (!hasCode(fault, "ROP_NOT_FOUND")) throw fault;
    return { missing: [kind.names.kind], unknown: [] };
  }
  const there = fieldsOf(found, kind.names.kind);
  const own = fieldsOf(toCrd(kind) as Definition, kind.names.kind);
  return { missing: without(own, there), unknown: without(there, own) };
}

/** Without what lies below a field that is itself missing. */
function without(fields: ReadonlySet<string>, others: ReadonlySet<string>): readonly string[] {
  const left = [...fields].filter((field) => !others.has(field));
  return left.filter((field) => !left.some((above) => [".", "[", "="].some((sign) => field.startsWith(above + sign))));
}

function fieldsOf({ spec }: Definition, kind: string): ReadonlySet<string> {
  const fields = new Set<string>();
  const walk = (schema: Schema, path: string): void => {
    for (const value of schema.enum ?? []) fields.add(`${path}=${String(value)}`);
    for (const [name, inner] of Object.entries(schema.properties ?? {})) {
      fields.add(`${path}.${name}`);
      walk(inner, `${path}.${name}`);
    }
    if (schema.items !== undefined) walk(schema.items, `${path}[]`);
    if (typeof schema.additionalProperties === "object") walk(schema.additionalProperties, `${path}[]`);
  };
  const { properties = {} } = spec.versions[0]?.schema.openAPIV3Schema ?? {};
  for (const part of ["spec", "status"]) walk(properties[part] ?? {}, `${kind}.${part}`);
  return fields;
}

/** A clock of the cluster and the one here differ by less. */
const clockMarginMs = 60_000;

/** Those that keep a lease; each says whether it leads. */
export async function readOperators(
  { operatorNamespace, now }: Pick<Asked, "operatorNamespace" | "now">,
  request: KubeRequest,
  signal: AbortSignal,
): Promise<readonly OperatorRead[]> {
  const place = { resource: leases, ...(operatorNamespace === undefined ? {} : { namespace: operatorNamespace }) };
  const labelSelector = Object.entries(operatorLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  return listAll(request, { place, query: { labelSelector } }, (item) => [operatorOf(item, now)], signal);
}

function operatorOf({ metadata = {}, spec }: KubeObject, now: number): OperatorRead {
  const { holderIdentity, renewTime, leaseDurationSeconds } = spec as {
    readonly holderIdentity?: string;
    readonly renewTime?: string;
    readonly leaseDurationSeconds?: number;
  };
  const leader = holderIdentity ?? "";
  const validUntil = Date.parse(renewTime ?? "") + (leaseDurationSeconds ?? 0) * 1000 + clockMarginMs;
  return {
    version: metadata.annotations?.[versionAnnotation] ?? "",
    namespace: metadata.namespace ?? "",
    lease: metadata.name ?? "",
    leader,
    renewedAt: renewTime ?? "",
    isLeading: leader !== "" && now < validUntil,
  };
}

type ContainerImage = { readonly name?: string; readonly image?: string };
type PodImages = {
  readonly spec?: {
    readonly containers?: readonly ContainerImage[];
    readonly initContainers?: readonly ContainerImage[];
  };
  readonly status?: {
    readonly containerStatuses?: readonly ContainerImage[];
    readonly initContainerStatuses?: readonly ContainerImage[];
  };
};

async function listSidecars(
  namespace: string | undefined,
  request: KubeRequest,
  signal: AbortSignal,
): Promise<readonly SidecarVersion[]> {
  const place = { resource: pods, ...(namespace === undefined ? {} : { namespace }) };
  const pick = (item: KubeObject) => {
    const version = sidecarVersionOf(item as PodImages);
    return version === undefined
      ? []
      : [{ version, example: `${item.metadata?.namespace ?? ""}/${item.metadata?.name ?? ""}` }];
  };
  const found = Map.groupBy(await listAll(request, { place }, pick, signal), ({ version }) => version);
  return [...found]
    .map(([version, of]) => ({ version, pods: of.length, example: of[0]?.example ?? "" }))
    .toSorted((a, b) => (a.version < b.version ? -1 : 1));
}

/** By what runs; a pod that doesn't run yet, by what it is to run. Some runtimes tell an id instead of a name. */
function sidecarVersionOf({ spec = {}, status = {} }: PodImages): string | undefined {
  const named = (lists: readonly (readonly ContainerImage[] | undefined)[]) =>
    lists.flatMap((list) => list ?? []).find(({ name }) => name === sidecarContainer)?.image;
  const wanted = named([spec.containers, spec.initContainers]);
  if (wanted === undefined) return undefined;
  const running = named([status.containerStatuses, status.initContainerStatuses]) ?? "";
  return imageVersion(running === "" || running.startsWith("sha256:") ? wanted : running);
}

/** The tag, else the beginning of the digest. */
export function imageVersion(image: string): string {
  const [name = "", digest] = image.split("@");
  const tag = name.slice(name.lastIndexOf("/") + 1).split(":")[1];
  return tag ?? digest?.slice(0, 19) ?? "latest";
}

/** Which parts are of other releases, each with what to do. */
export function skewOf(client: string, { definitions: fields, operators, sidecars }: ClusterVersions): string[] {
  const running = operators.ok ? [...new Set(operators.value.map(({ version }) => version))] : [];
  const others = running.filter((version) => version !== "" && version !== client);
  const beside = running.length === 1 && running[0] !== "" ? running[0] : undefined;
  const strays =
    beside !== undefined && sidecars.ok
      ? sidecars.value.filter(({ version }) => /^v?\d/.test(version) && version.replace(/^v/, "") !== beside)
      : [];
  return [
    ...(fields.ok ? describeFields(fields.value) : []),
    ...others.map(
      (version) => `operator ${version}, kubectl-retriever ${client}: use the plugin of the operator's release`,
    ),
    ...strays.map(
      ({ version, example }) =>
        `sidecars ${version} (such as ${example}) beside operator ${beside}: deploy the application with the operator's release`,
    ),
  ];
}

const mostNamed = 5;

/** Whole kinds first: they say more than any field. */
function describeFields({ missing, unknown }: DefinitionFields): string[] {
  const some = (fields: readonly string[]) => {
    const ordered = [...fields.filter(isKind), ...fields.filter((field) => !isKind(field))];
    const more = fields.length > mostNamed ? ` and ${fields.length - mostNamed} more` : "";
    return `${ordered.slice(0, mostNamed).join(", ")}${more}`;
  };
  // A later release may have taken a field away: what is known there alone doesn't say which of the two is the older one.
  const remedy =
    missing.length === 0
      ? "use the plugin of that release"
      : "they go with the definitions of this program's release; if the cluster's are the newer ones, use the plugin of theirs instead";
  return [
    ...(missing.length === 0
      ? []
      : [`the API server lacks ${some(missing)}: install the CustomResourceDefinitions of this program's release`]),
    ...(unknown.length === 0 ? [] : [`the API server knows ${some(unknown)}, which this program doesn't: ${remedy}`]),
  ];
}

/** Of a definition that isn't there at all, the kind is named. */
export function isKind(field: string): boolean {
  return !field.includes(".");
}
