import { evidenceLabel } from "@retriever/sidecar/contract/names.ts";
import { describe, expect, test } from "vitest";
import { printChainFile, readChainFile } from "#audit/chain-file.ts";
import { type AuditDraft, seal } from "#core/status/audit-record.ts";
import { OperatorError } from "#errors.ts";
import type { StoredEnd } from "#ports/audit-store.ts";
import { aDraft, subject } from "#test/builders/evidence.ts";
import { FakeConfigMaps } from "#test/fakes/fake-config-maps.ts";
import { overlayLabel } from "../cluster/overlay-config-map.ts";
import { makeAuditStore, makeEvidenceReader } from "./audit-config-maps.ts";

const { signal } = new AbortController();

function arrange() {
  const maps = new FakeConfigMaps();
  const store = makeAuditStore(maps.request, () => 0.5);
  const write = async (end: StoredEnd, draft: AuditDraft = aDraft()) =>
    store.append(subject, end, seal(draft, end), signal);
  /** Adds `count` records of about `bytes` bytes. */
  const fill = async (count: number, bytes = 100) => {
    let end = await store.readEnd(subject, signal);
    for (let index = 0; index < count; index += 1) end = await write(end, aDraft({ at: "x".repeat(bytes) }));
    return end;
  };
  const read = () => makeEvidenceReader(maps.request).readChain(subject, signal);
  const proved = async () => {
    const chain = await read();
    return readChainFile(chain === undefined ? "" : printChainFile(subject, chain));
  };
  return { maps, store, write, fill, read, proved };
}

const intact = { ok: true, endFault: undefined };

describe("evidence in ConfigMaps", () => {
  test("is one write a record, and the first of a process one read more", async () => {
    const { maps, fill, proved } = arrange();
    await fill(4);
    expect(maps.calls).toEqual([
      "GET",
      "POST docs-to-qdrant-evidence-001",
      "PATCH docs-to-qdrant-evidence-001",
      "PATCH docs-to-qdrant-evidence-001",
      "PATCH docs-to-qdrant-evidence-001",
    ]);
    expect(await proved()).toMatchObject({ ...intact, end: { seq: 4 } });
  });

  test("is marked as the migration's own, goes with it, and wakes nobody who watches overlays", async () => {
    const { maps, fill } = arrange();
    await fill(1);
    const { metadata } = maps.maps.get("docs-to-qdrant-evidence-001") ?? {};
    expect(metadata?.labels).toEqual({
      "app.kubernetes.io/managed-by": "retriever-operator",
      [evidenceLabel]: "uid-1",
    });
    expect(Object.keys(metadata?.labels ?? {})).not.toContain(overlayLabel);
    expect(metadata?.ownerReferences).toEqual([
      { apiVersion: "retriever.dev/v1alpha1", kind: "RetrieverMigration", name: "docs-to-qdrant", uid: "uid-1" },
    ]);
  });

  test("goes on in the next map when one has 512 KiB", async () => {
    const { maps, fill, proved } = arrange();
    await fill(12, 100_000);
    expect([...maps.maps.keys()]).toEqual([1, 2, 3].map((index) => `docs-to-qdrant-evidence-00${index}`));
    for (const { data } of maps.maps.values()) expect(JSON.stringify(data).length).toBeLessThan(540 * 1024);
    expect(await proved()).toMatchObject({ ...intact, end: { seq: 12 } });
  });

  test("drops its oldest map beyond 20, and what is left holds from its anchor on", async () => {
    const { maps, fill, proved } = arrange();
    await fill(23, 400_000);
    expect(maps.maps.size).toBe(20);
    expect(await proved()).toMatchObject({ ...intact, after: { seq: 3 }, end: { seq: 23 } });
  });

  test("that can't drop its oldest map keeps the record all the same, and drops it next time", async () => {
    const { maps, fill, store, write } = arrange();
    await fill(20, 400_000);
    const error = new OperatorError("ROP_FORBIDDEN", "delete");
    maps.fault = ({ method }) => (method === "DELETE" ? { when: "before", error } : undefined);
    const end = await write(await store.readEnd(subject, signal), aDraft({ at: "x".repeat(400_000) }));
    expect(maps.maps.size).toBe(21);
    maps.fault = undefined;
    await write(end, aDraft({ at: "x".repeat(400_000) }));
    expect(maps.maps.size).toBe(20);
  });

  test("is read to its end by a new process, which goes on from there", async () => {
    const { store, fill, write, proved } = arrange();
    const end = await fill(3);
    const again = await store.readEnd(subject, signal);
    expect(again).toEqual(end);
    await write(again);
    expect(await proved()).toMatchObject({ ...intact, end: { seq: 4 } });
  });

  test("to which somebody else has added refuses a record behind the old end", async () => {
    const { fill, write, proved } = arrange();
    const end = await fill(2);
    await write(end);
    await expect(write(end)).rejects.toMatchObject({ code: "ROP_CONFLICT" });
    expect(await proved()).toMatchObject({ ...intact, end: { seq: 3 } });
  });

  test("whose first map somebody else has just made refuses a second one", async () => {
    const { store, write } = arrange();
    const end = await store.readEnd(subject, signal);
    await write(end);
    await expect(write(end)).rejects.toMatchObject({ code: "ROP_CONFLICT" });
  });

  test("takes the next free name when an earlier migration of this name left its maps", async () => {
    const { maps, fill, proved } = arrange();
    const other = { ...subject, uid: "uid-0" };
    const store = makeAuditStore(maps.request, () => 0.5);
    const start = await store.readEnd(other, signal);
    await store.append(other, start, seal(aDraft(), start), signal);
    await fill(2);
    expect([...maps.maps.keys()]).toEqual(["docs-to-qdrant-evidence-001", "docs-to-qdrant-evidence-002"]);
    expect(await proved()).toMatchObject({ ...intact, end: { seq: 2 } });
  });

  test("finds a name where somebody has taken those that can be told beforehand, and leaves what is there", async () => {
    const { maps, fill, proved } = arrange();
    for (let index = 1; index <= 200; index += 1) {
      const name = `docs-to-qdrant-evidence-${String(index).padStart(3, "0")}`;
      maps.maps.set(name, { metadata: { name, resourceVersion: "1", labels: {}, annotations: {} }, data: { a: "b" } });
    }
    await fill(2);
    const others = [...maps.maps.values()].filter(({ data }) => data["a"] === "b");
    expect([maps.maps.size, others.length]).toEqual([201, 200]);
    expect(await proved()).toMatchObject({ ...intact, end: { seq: 2 } });
  });

  test("whose end was changed by hand is not written to, and the map is named", async () => {
    const { maps, store, fill } = arrange();
    await fill(1);
    for (const { metadata } of maps.maps.values()) metadata.annotations["retriever.dev/evidence-end"] = "{}";
    await expect(store.readEnd(subject, signal)).rejects.toThrow(/docs-to-qdrant-evidence-001: annotation/);
  });

  test("from which a record was taken by hand is found out when it is collected", async () => {
    const { maps, fill, proved } = arrange();
    await fill(3);
    delete maps.maps.get("docs-to-qdrant-evidence-001")?.data["000000003.json"];
    expect(await proved()).toMatchObject({ endFault: expect.stringContaining("records are missing") });
  });

  test("of which there is none is read as none", async () => {
    expect(await arrange().read()).toBeUndefined();
  });

  test("of a migration with the longest name has a name that the API takes", async () => {
    const { maps, store } = arrange();
    const long = { ...subject, name: `${"a".repeat(229)}.${"b".repeat(20)}` };
    const start = await store.readEnd(long, signal);
    await store.append(long, start, seal(aDraft(), start), signal);
    expect([...maps.maps.keys()]).toEqual([`${"a".repeat(229)}-evidence-001`]);
    expect((await store.readEnd(long, signal)).seq).toBe(1);
  });
});
