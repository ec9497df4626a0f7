import { describe, expect, test } from "vitest";
import { readJobPodDocument } from "./job-documents.ts";

const container = "retriever-verify";
const job = { name: "docs-verify-1", uid: "job-1" };
const owner = { apiVersion: "batch/v1", kind: "Job", name: "docs-verify-1", uid: "job-1", controller: true };

function podOf(ownerReferences: readonly object[], ports: readonly object[] = []) {
  const state = { terminated: { exitCode: 0, finishedAt: "2026-01-01T00:00:00Z", message: '{"outcome":"equal"}' } };
  return {
    metadata: { name: "p", uid: "pod-1", ownerReferences: ownerReferences as never },
    spec: { containers: [{ name: container, ports }] },
    status: { podIP: "10.0.0.1", containerStatuses: [{ name: container, state }] },
  };
}

describe("a pod of a Job", () => {
  test("is one that the Job controls", () => {
    const read = readJobPodDocument(podOf([owner]), job, container);
    expect(read).toMatchObject({ name: "p", uid: "pod-1", ended: { exitCode: 0 } });
  });

  test.each<[string, readonly object[]]>([
    ["nobody owns", []],
    ["only names the Job as an owner", [{ ...owner, controller: undefined }]],
    ["says that the Job doesn't control it", [{ ...owner, controller: false }]],
    [
      "another Job controls",
      [
        { ...owner, uid: "job-2" },
        { ...owner, controller: false },
      ],
    ],
    ["what is no Job controls", [{ ...owner, kind: "ConfigMap" }]],
  ])("isn't one that %s, whatever its last words are", (_, owners) => {
    expect(readJobPodDocument(podOf(owners), job, container)).toBeUndefined();
  });

  test("is one of a Job that is gone by the name of the Job that controlled it", () => {
    const left = (name: string) => readJobPodDocument(podOf([owner]), { name, uid: null }, container);
    expect(left("docs-verify-1")).toMatchObject({ name: "p" });
    expect(left("docs-verify-2")).toBeUndefined();
  });

  test("is asked in the way that proves most of those that its template names", () => {
    const named = ["report", "report-tls", "report-mtls"].map((name, index) => ({ name, containerPort: 7091 + index }));
    const read = (count: number) => readJobPodDocument(podOf([owner], named.slice(0, count)), job, container);
    expect(read(0)).toMatchObject({ reportPort: 0 });
    expect(read(1)).toMatchObject({ reportPort: 7091 });
    expect(read(1)).not.toHaveProperty("reportTls");
    expect(read(2)).toMatchObject({ reportPort: 7092, reportTls: "tls" });
    expect(read(3)).toMatchObject({ reportPort: 7093, reportTls: "mutual" });
  });
});
