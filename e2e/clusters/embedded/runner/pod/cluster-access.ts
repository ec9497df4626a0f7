// What the runner asks of the API: reads and writes of pods, Deployments and ConfigMaps without HTTP.
// A thin typed layer; refusals stay ApiFailures.
import { ApiFailure } from "../../api/model/failure.ts";
import { type JsonObject, type KubeObject, objectOf } from "../../api/model/json.ts";
import type { EmbeddedApi } from "../../api/start-api.ts";
import { mergePatchType } from "../../api/verbs/patch.ts";

const pods = { group: "", version: "v1", plural: "pods" };

type Place = { readonly namespace: string; readonly name: string };

export type ClusterAccess = {
  readonly pods: () => readonly KubeObject[];
  readonly deployments: () => readonly KubeObject[];
  readonly jobs: () => readonly KubeObject[];
  readonly createPod: (pod: JsonObject, namespace: string, manager?: string) => void;
  readonly deletePod: (place: Place, graceSeconds?: number) => void;
  readonly assignPod: (place: Place, node: string) => void;
  readonly writeStatus: (object: KubeObject, status: JsonObject) => void;
  readonly configMapData: (place: Place) => Readonly<Record<string, string>> | undefined;
};

export function placeOf(object: KubeObject): Place {
  return { namespace: object.metadata.namespace ?? "", name: object.metadata.name };
}

function typeOf({ apiVersion, kind }: KubeObject) {
  const [version = "", group = ""] = apiVersion.split("/").toReversed();
  return { group, version, plural: `${kind.toLowerCase()}s` };
}

/** The access; writes to an object that is gone meanwhile are dropped. */
export function makeClusterAccess({ direct, store }: EmbeddedApi): ClusterAccess {
  const patch = (type: ReturnType<typeof typeOf>, place: Place, subresource: string, body: JsonObject) =>
    ignoreMissing(() =>
      direct({ verb: "patch", ...type, ...place, subresource, contentType: mergePatchType, manager: "kubelet", body }),
    );
  return {
    pods: () => store.list("/pods"),
    deployments: () => store.list("apps/deployments"),
    jobs: () => store.list("batch/jobs"),
    createPod: (body, namespace, manager = "deployment-controller") =>
      void direct({ verb: "create", ...pods, namespace, manager, body }),
    deletePod: (place, graceSeconds) => {
      const body = graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds };
      ignoreMissing(() => direct({ verb: "delete", ...pods, ...place, body }));
    },
    assignPod: (place, nodeName) => patch(pods, place, "", { spec: { nodeName } }),
    writeStatus: (object, status) => patch(typeOf(object), placeOf(object), "status", { status }),
    configMapData: (place) => {
      const found = store.get("/configmaps", place.namespace, place.name);
      return found === undefined ? undefined : (objectOf(found["data"]) as Record<string, string>);
    },
  };
}

function ignoreMissing(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status.code !== 404) throw error;
  }
}
