// A cluster in memory: the Cluster port's promises, and faults on demand.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { fieldManager, overlayFinalizer, overlayName, settleFinalizer } from "@retriever/sidecar/contract/names.ts";
import { overlayFileName } from "@retriever/sidecar/contract/overlay.ts";
import type { Announcement } from "#core/model/decision.ts";
import { isSameData } from "#core/model/deep-equal.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import type { ActObservation, ClaimObservation, PolicyObservation } from "#core/model/observation.ts";
import type { ObjectVersion } from "#core/model/workload.ts";
import type { ActPick } from "#core/people/turns.ts";
import { OperatorError } from "#errors.ts";
import type {
  ActObject,
  ActsRead,
  Cluster,
  ConfigMapRead,
  MigrationKey,
  PodRead,
  RawMigration,
  WorkloadRead,
} from "#ports/cluster.ts";

type Stored = { meta: MigrationMeta; spec: unknown; status: unknown };
type StoredMap = Omit<ConfigMapRead, "foreignManagers"> & { readonly owners: ReadonlyMap<string, string> };
type StoredAct = { readonly observation: ActObservation; readonly namespace: string; readonly migrationUid: string };
type Target = { readonly namespace: string; readonly name: string };
type Sent = Announcement & { readonly migration: string; count: number };

/** Every call and write is written down in `journal`, e.g. `writeStatus search/docs Guard`. */
export class FakeCluster implements Cluster {
  readonly journal: string[] = [];
  readonly sent: Sent[] = [];
  readonly migrations = new Map<string, Stored>();
  readonly workloads = new Map<string, WorkloadRead>();
  readonly configMaps = new Map<string, StoredMap>();
  readonly pods: { namespace: string; selector: string; pod: PodRead }[] = [];
  readonly acts: StoredAct[] = [];
  readonly terminating = new Set<string>();
  actIdentityProved = false;
  readonly policies: PolicyObservation[] = [];
  readonly #faults = new Map<keyof Cluster, { readonly fault: unknown; left: number }>();
  readonly #hangs = new Set<keyof Cluster>();
  readonly #mapVersions = new Map<StoredMap, number>();
  #version = 100;

  /** The next `times` calls of a method fail. */
  failNext(method: keyof Cluster, fault: unknown, times = Number.POSITIVE_INFINITY): void {
    this.#faults.set(method, { fault, left: times });
  }

  /** Calls of a method never answer, and don't heed their signal. */
  hang(method: keyof Cluster): void {
    this.#hangs.add(method);
  }

  heal(): void {
    this.#faults.clear();
    this.#hangs.clear();
  }

  async listMigrations(): Promise<readonly MigrationKey[]> {
    await this.#enter("listMigrations");
    return [...this.migrations.values()].map(({ meta }) => ({ namespace: meta.namespace, name: meta.name }));
  }

  async readMigration(key: MigrationKey): Promise<RawMigration | undefined> {
    await this.#enter("readMigration");
    return structuredClone(this.migrations.get(idOf(key)));
  }

  async readWorkload(namespace: string, name: string): Promise<WorkloadRead | undefined> {
    await this.#enter("readWorkload");
    return this.workloads.get(`${namespace}/${name}`);
  }

  async readNamespaceTerminating(namespace: string): Promise<boolean> {
    await this.#enter("readNamespaceTerminating");
    return this.terminating.has(namespace);
  }

  async readConfigMap(namespace: string, name: string): Promise<ConfigMapRead | undefined> {
    await this.#enter("readConfigMap");
    const stored = this.configMaps.get(`${namespace}/${name}`);
    if (stored === undefined) return undefined;
    const { owners, ...rest } = stored;
    return {
      ...rest,
      version: this.#versionOf(stored),
      foreignManagers: [...new Set([...owners.values()].filter((manager) => manager !== fieldManager))],
    };
  }

  async listPolicies(): Promise<readonly PolicyObservation[]> {
    await this.#enter("listPolicies");
    return this.policies;
  }

  async listPods(namespace: string, selector: string): Promise<readonly PodRead[]> {
    await this.#enter("listPods");
    return this.pods
      .filter((entry) => entry.namespace === namespace && entry.selector === selector)
      .map(({ pod }) => pod);
  }

  async listClaims(namespace: string, target: string, exceptUid: string): Promise<readonly ClaimObservation[]> {
    await this.#enter("listClaims");
    const others = [...this.migrations.values()].filter(
      ({ meta, spec }) => meta.namespace === namespace && meta.uid !== exceptUid && targetOf(spec) === target,
    );
    return others.map(({ meta, spec, status }) => {
      const next = (spec as { guard?: { next?: string } } | undefined)?.guard?.next;
      const claim = claimOf(meta, status ?? {});
      return next === undefined ? claim : { ...claim, next };
    });
  }

  async listActs({ namespace, uid }: MigrationMeta, pick: ActPick): Promise<ActsRead> {
    await this.#enter("listActs");
    const own = this.acts.filter((act) => act.namespace === namespace && act.migrationUid === uid);
    for (const { observation } of own) pick.add(observation);
    return { acts: pick.acts(), isWhole: true };
  }

  async deleteAct({ namespace }: MigrationMeta, { name, uid }: ActObject): Promise<void> {
    await this.#enter("deleteAct");
    const at = this.acts.findIndex((act) => act.namespace === namespace && act.observation.uid === uid);
    if (at === -1) return;
    this.acts.splice(at, 1);
    this.journal.push(`deleted act ${name}`);
  }

  async ownAct({ namespace }: MigrationMeta, { uid }: ActObject): Promise<void> {
    await this.#enter("ownAct");
    const act = this.acts.find((one) => one.namespace === namespace && one.observation.uid === uid);
    if (act === undefined) return;
    const { ownerless: _ownerless, ...observation } = act.observation;
    Object.assign(act, { observation });
  }

  async readActIdentityProved(): Promise<boolean> {
    await this.#enter("readActIdentityProved");
    return this.actIdentityProved;
  }

  async writeStatus(meta: MigrationMeta, status: MigrationStatus): Promise<string> {
    await this.#enter("writeStatus");
    const stored = this.#find(meta);
    if (stored.meta.resourceVersion !== meta.resourceVersion) throw new OperatorError("ROP_CONFLICT", idOf(meta));
    stored.status = JSON.parse(JSON.stringify(status));
    this.#touch(stored);
    this.journal.push(`wrote status ${idOf(meta)} ${status.phase}`);
    return stored.meta.resourceVersion;
  }

  async addFinalizer(meta: MigrationMeta): Promise<void> {
    await this.#enter("addFinalizer");
    const stored = this.#find(meta);
    if (stored.meta.finalizers.includes(settleFinalizer)) return;
    stored.meta = { ...stored.meta, finalizers: [...stored.meta.finalizers, settleFinalizer] };
    this.#touch(stored);
  }

  async removeFinalizer(meta: MigrationMeta): Promise<void> {
    await this.#enter("removeFinalizer");
    const stored = this.migrations.get(idOf(meta));
    if (stored === undefined || stored.meta.uid !== meta.uid) return;
    stored.meta = { ...stored.meta, finalizers: stored.meta.finalizers.filter((name) => name !== settleFinalizer) };
    this.#touch(stored);
    if (stored.meta.deleting && stored.meta.finalizers.length === 0) this.migrations.delete(idOf(meta));
  }

  async applyOverlay(target: Target, overlay: Parameters<Cluster["applyOverlay"]>[1]): Promise<void> {
    await this.#enter("applyOverlay");
    const id = `${target.namespace}/${overlayName(target.name)}`;
    const before = this.configMaps.get(id);
    const owner = before?.owners.get(overlayFileName);
    if (overlay.over !== undefined && (before === undefined || !isSameData(overlay.over, this.#versionOf(before))))
      throw new OperatorError("ROP_CONFLICT", `${id} was written since`);
    const foreign = owner !== undefined && owner !== fieldManager && before?.data[overlayFileName] !== overlay.text;
    if (foreign && !overlay.force) {
      throw new OperatorError("ROP_FIELD_CONFLICT", `${owner} owns .data.${overlayFileName}`, {
        details: { managers: [owner] },
      });
    }
    this.configMaps.set(id, {
      name: overlayName(target.name),
      data: { ...before?.data, [overlayFileName]: overlay.text },
      annotations: { ...before?.annotations, "retriever.dev/intent": JSON.stringify(overlay.intent) },
      finalizers: [...new Set([...(before?.finalizers ?? []), overlayFinalizer])],
      deleting: before?.deleting ?? false,
      owners: new Map([...(before?.owners ?? []), [overlayFileName, fieldManager]]),
    });
    this.journal.push(`applied overlay ${id} epoch ${overlay.intent.epoch}${overlay.force ? " with force" : ""}`);
  }

  /** Each write makes another object. */
  #versionOf(stored: StoredMap): ObjectVersion {
    const known = this.#mapVersions.get(stored) ?? this.#mapVersions.size;
    this.#mapVersions.set(stored, known);
    return { uid: stored.name, resourceVersion: String(known) };
  }

  async releaseOverlay(target: Target, remove: boolean): Promise<void> {
    await this.#enter("releaseOverlay");
    const id = `${target.namespace}/${overlayName(target.name)}`;
    const before = this.configMaps.get(id);
    if (before === undefined) return;
    const finalizers = before.finalizers.filter((name) => name !== overlayFinalizer);
    if (remove || (before.deleting && finalizers.length === 0)) this.configMaps.delete(id);
    else this.configMaps.set(id, { ...before, finalizers });
  }

  async annotatePod(namespace: string, pod: string, epoch: number): Promise<void> {
    await this.#enter("annotatePod");
    const entry = this.pods.find((candidate) => candidate.namespace === namespace && candidate.pod.name === pod);
    if (entry === undefined) throw new OperatorError("ROP_NOT_FOUND", `pods ${namespace}/${pod}`);
    entry.pod = { ...entry.pod, annotatedEpoch: epoch };
  }

  async announce(meta: MigrationMeta, announcement: Announcement): Promise<void> {
    await this.#enter("announce");
    const same = this.sent.find(
      ({ reason, message, migration }) =>
        migration === idOf(meta) && reason === announcement.reason && message === announcement.message,
    );
    if (same === undefined) this.sent.push({ ...announcement, migration: idOf(meta), count: 1 });
    else same.count += 1;
    this.journal.push(`announced ${announcement.reason}`);
  }

  /** Creates a migration as a user would. */
  create(
    key: MigrationKey,
    spec: unknown,
    more: { readonly status?: unknown; readonly createdAt?: number } = {},
  ): MigrationMeta {
    this.#version += 1;
    const meta: MigrationMeta = {
      ...key,
      uid: `uid-${key.name}-${this.#version}`,
      generation: 1,
      resourceVersion: String(this.#version),
      createdAt: more.createdAt ?? 0,
      deleting: false,
      finalizers: [],
    };
    this.migrations.set(idOf(key), { meta, spec, status: more.status });
    return meta;
  }

  /** What `kubectl delete` does. */
  delete(key: MigrationKey): void {
    const stored = this.migrations.get(idOf(key));
    if (stored === undefined) return;
    if (stored.meta.finalizers.length === 0) this.migrations.delete(idOf(key));
    else stored.meta = { ...stored.meta, deleting: true };
    this.#touch(stored);
  }

  /** Somebody else writes the object: every version read before is old. */
  touch(key: MigrationKey): void {
    const stored = this.migrations.get(idOf(key));
    if (stored !== undefined) this.#touch(stored);
  }

  /** Writes a key of a ConfigMap as another manager. */
  writeConfigMap(namespace: string, name: string, data: Readonly<Record<string, string>>, manager = "kubectl"): void {
    const id = `${namespace}/${name}`;
    const before = this.configMaps.get(id);
    this.configMaps.set(id, {
      name,
      data: { ...before?.data, ...data },
      annotations: before?.annotations ?? {},
      finalizers: before?.finalizers ?? [],
      deleting: before?.deleting ?? false,
      owners: new Map([...(before?.owners ?? []), ...Object.keys(data).map((key) => [key, manager] as const)]),
    });
  }

  /** What `kubectl delete configmap` does. */
  deleteConfigMap(namespace: string, name: string): void {
    const id = `${namespace}/${name}`;
    const before = this.configMaps.get(id);
    if (before === undefined || before.finalizers.length === 0) this.configMaps.delete(id);
    else this.configMaps.set(id, { ...before, deleting: true });
  }

  statusOf(key: MigrationKey): MigrationStatus | undefined {
    return this.migrations.get(idOf(key))?.status as MigrationStatus | undefined;
  }

  #find(meta: MigrationMeta): Stored {
    const stored = this.migrations.get(idOf(meta));
    if (stored === undefined || stored.meta.uid !== meta.uid) throw new OperatorError("ROP_NOT_FOUND", idOf(meta));
    return stored;
  }

  #touch(stored: Stored): void {
    this.#version += 1;
    stored.meta = { ...stored.meta, resourceVersion: String(this.#version) };
  }

  async #enter(method: keyof Cluster): Promise<void> {
    this.journal.push(method);
    if (this.#hangs.has(method)) await new Promise(() => undefined);
    const planned = this.#faults.get(method);
    if (planned === undefined || planned.left <= 0) return;
    planned.left -= 1;
    throw planned.fault;
  }
}

function idOf(key: MigrationKey): string {
  return `${key.namespace}/${key.name}`;
}

function targetOf(spec: unknown): string | undefined {
  return (spec as { target?: { name?: string } } | undefined)?.target?.name;
}

function claimOf(meta: MigrationMeta, status: Partial<MigrationStatus>): ClaimObservation {
  const isTrue = (type: string) =>
    (status.conditions ?? []).some((condition) => condition.type === type && condition.status === "True");
  return {
    name: meta.name,
    uid: meta.uid,
    createdAt: meta.createdAt,
    phase: status.phase ?? "Pending",
    accepted: (status.planHash ?? "") !== "" || (status.epoch ?? 0) > 0 || isTrue("Accepted"),
    settled: isTrue("Settled"),
    ...(status.planHash === undefined ? {} : { planHash: status.planHash }),
  };
}
