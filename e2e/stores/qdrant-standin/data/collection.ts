// One collection in memory: points by slot, their vectors, payloads and payload indexes.
// Reads see only what `visible` lets through: that is how a loss of points is staged.
import { ApiFault, wrongInput } from "./fault.ts";
import type { Filter, HasVector } from "./filter.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import type { Path } from "./payload.ts";
import type { Indexes } from "./payload-index.ts";
import { comparePointIds, type PointId } from "./point-id.ts";
import type { StrictMode } from "./strict-mode.ts";
import { type VectorParams, VectorSpace } from "./vector-space.ts";

type Vectors = ReadonlyMap<string, Float32Array>;
type NewPoint = { readonly id: PointId; readonly vectors: Vectors; readonly payload: JsonObject };
export type Point = {
  readonly id: PointId;
  readonly slot: number;
  readonly version: number;
  readonly payload: JsonObject;
};

/** What is only shown again. */
type Settings = {
  /** Whether the vectors were given by name: then they are shown so, the unnamed one under the empty name. */
  readonly isMap?: boolean;
  readonly vectors?: Readonly<Record<string, object>>;
  readonly hnsw_config?: object | undefined;
  readonly optimizers_config?: object | undefined;
  readonly quantization_config?: object | undefined;
};

/** Whether reads see the point in a slot. */
export type Visibility = (slot: number) => boolean;

export class Collection {
  /** Changed by whoever holds the collection, like `strict`. */
  indexes: Indexes = new Map();
  strict: StrictMode | null = null;
  settings: Settings;
  readonly spaces: ReadonlyMap<string, VectorSpace>;
  private readonly points: (Point | undefined)[] = [];
  private readonly slots = new Map<PointId, number>();
  private readonly free: number[] = [];
  private readonly visible: Visibility;
  private ordered: readonly Point[] | undefined = undefined;
  private operations = 0;
  private readonly hasVector: HasVector = (slot, name) => this.spaces.get(name)?.get(slot) !== undefined;

  /** `vectors`: by name; the unnamed vector has the empty one. */
  constructor(vectors: Iterable<readonly [string, VectorParams]>, visible: Visibility, settings: Settings = {}) {
    this.visible = visible;
    this.settings = settings;
    this.spaces = new Map(Array.from(vectors, ([name, params]) => [name, new VectorSpace(params)]));
  }

  /** The space of a vector name. Throws when there is none. */
  space(name: string): VectorSpace {
    const space = this.spaces.get(name);
    if (space === undefined) throw wrongInput(`Not existing vector name error: ${name}`);
    return space;
  }

  /** Number of an update; every one gets the next. */
  nextOperation(): number {
    this.operations += 1;
    return this.operations;
  }

  /** The point in a slot, when there is one and reads may see it. */
  at(slot: number): Point | undefined {
    return this.visible(slot) ? this.points[slot] : undefined;
  }

  private held(id: PointId): Point | undefined {
    const slot = this.slots.get(id);
    return slot === undefined ? undefined : this.points[slot];
  }

  find(id: PointId): Point | undefined {
    const slot = this.slots.get(id);
    return slot === undefined ? undefined : this.at(slot);
  }

  /** Visible points in scroll order that pass the filter. */
  scan(filter?: Filter | null): readonly Point[] {
    this.ordered ??= this.points.filter((point) => point !== undefined).toSorted((a, b) => comparePointIds(a.id, b.id));
    return this.ordered.filter((point) => this.visible(point.slot) && this.passes(point, filter));
  }

  count(filter?: Filter | null): number {
    let count = 0;
    for (const point of this.points) {
      if (point !== undefined && this.visible(point.slot) && this.passes(point, filter)) count += 1;
    }
    return count;
  }

  /** No filter lets everything through. */
  passes(point: Point, filter: Filter | null | undefined): boolean {
    return filter === undefined || filter === null || filter(point, this.indexes, this.hasVector);
  }

  vectorsOf(point: Point): Vectors {
    const present = [...this.spaces].flatMap(([name, space]) => {
      const vector = space.get(point.slot);
      return vector === undefined ? [] : [[name, vector] as const];
    });
    return new Map(present);
  }

  /**
   * Writes whole points, or none: every vector is checked before the first is written. `isTaken`: whether a point is
   * written over what is held of it.
   */
  upsert(points: readonly NewPoint[], isTaken: (held: Point | undefined) => boolean = () => true): number {
    for (const { vectors } of points) {
      for (const [name, vector] of vectors) checkDimension(this.space(name), vector);
    }
    const version = this.nextOperation();
    for (const point of points) if (isTaken(this.held(point.id))) this.write(point, version);
    this.ordered = undefined;
    return version;
  }

  private write({ id, vectors, payload }: NewPoint, version: number): void {
    const slot = this.slots.get(id) ?? this.free.pop() ?? this.points.length;
    this.slots.set(id, slot);
    this.points[slot] = { id, slot, version, payload };
    for (const [name, space] of this.spaces) space.set(slot, vectors.get(name));
  }

  /** Removes points; unknown ids are ignored. */
  delete(ids: readonly PointId[]): number {
    for (const id of ids) {
      const slot = this.slots.get(id);
      if (slot === undefined) continue;
      this.slots.delete(id);
      this.points[slot] = undefined;
      this.free.push(slot);
      for (const space of this.spaces.values()) space.set(slot, undefined);
    }
    this.ordered = undefined;
    return this.nextOperation();
  }

  /** Replaces the named vectors of points that pass, and no others of them. Throws for one that isn't there. */
  updateVectors(points: readonly Omit<NewPoint, "payload">[], filter: Filter | null | undefined): number {
    const version = this.nextOperation();
    for (const { id, vectors } of points) {
      const point = this.held(id);
      if (point === undefined) throw new ApiFault(404, `Not found: No point with id ${id} found`);
      if (!this.passes(point, filter)) continue;
      for (const [name, vector] of vectors) {
        checkDimension(this.space(name), vector);
        this.space(name).set(point.slot, vector);
      }
      this.points[point.slot] = { ...point, version };
    }
    this.ordered = undefined;
    return version;
  }

  /** Merges members into payloads, or into the objects at a path of them; null removes. */
  setPayload(ids: readonly PointId[], changes: JsonObject, path: Path = []): number {
    const version = this.nextOperation();
    for (const id of ids) {
      const slot = this.slots.get(id);
      const point = slot === undefined ? undefined : this.points[slot];
      if (point === undefined) continue;
      this.points[point.slot] = { ...point, version, payload: merged(point.payload, changes, path) };
    }
    this.ordered = undefined;
    return version;
  }
}

function merged(held: Json | undefined, changes: JsonObject, path: Path): JsonObject {
  const object = isObject(held) ? held : {};
  const [step, ...rest] = path;
  if (typeof step !== "string") {
    const kept = Object.entries({ ...object, ...changes }).filter(([name]) => changes[name] !== null);
    return Object.fromEntries(kept);
  }
  return { ...object, [step]: merged(object[step], changes, rest) };
}

/** Throws in Qdrant's words when the lengths differ. */
export function checkDimension(space: VectorSpace, vector: Float32Array): void {
  if (vector.length === space.size) return;
  throw wrongInput(`Vector dimension error: expected dim: ${space.size}, got ${vector.length}`);
}
