// What the pods' probes found of the content of a few chunks at both stores.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { ContentStatus, SidecarStatus } from "@retriever/sidecar/contract/status.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import { percent } from "../gates/gate-message.ts";
import type { Fact } from "../model/status-readings.ts";
import { mostLiars } from "../pods/fair-share.ts";
import { thirdsOf } from "../pods/thirds.ts";

type Limits = MigrationSpec["thresholds"]["content"];

/** What keeps the destination from being reachable, and what is only said of it. */
type ContentFact = { readonly fault?: Fact; readonly remarks: readonly string[] };

/** Pods that tell of no content say nothing: an older sidecar, or a base that permits requests none. */
export function judgeContentProbe(pods: readonly SidecarStatus[], limits: Limits): ContentFact {
  const probes = pods.flatMap(({ content }) => content ?? []);
  const fact = worstOf(probes, limits);
  if (fact === undefined) return { remarks: remarksOf(probes) };
  return limits.beforeCutover === "Observe" ? { remarks: [fact.message] } : { fault: fact, remarks: [] };
}

/** By the middle third of the pods: neither the worst nor the best third speaks for the others. */
function worstOf(probes: readonly ContentStatus[], { maxBadShare }: Limits): Fact | undefined {
  const failed = probes.filter(({ state }) => state === "failed");
  if (failed.length > mostLiars(probes.length))
    return { status: "False", reason: "ContentNotRead", message: `content can't be compared: ${failed[0]?.reason}` };
  const shares = probes.map((one) => ({ ...one, bad: one.missing + one.different, n: one.chunks }));
  const { middle } = thirdsOf(shares.filter(({ n }) => n > 0));
  const [chunks, missing] = [sum(middle, ({ chunks: of }) => of), sum(middle, (one) => one.missing)];
  const different = sum(middle, (one) => one.different);
  if (missing + different > maxBadShare * chunks) {
    const seen = `of ${chunks} chunks that both stores answered ${missing} lack text or metadata at the destination, ${different} have another one there`;
    const message = `${seen} (limit ${percent(maxBadShare)}, thresholds.content.maxBadShare)`;
    return { status: "False", reason: missing > 0 ? "ContentMissing" : "ContentDiffers", message };
  }
  const waiting = probes.filter(({ state, reason }) => state === "waiting" && reason === null).length;
  if (waiting <= mostLiars(probes.length)) return undefined;
  const message = `${waiting} of ${probes.length} ${plural(probes.length, "pod has", "pods have")} not compared content yet`;
  return { status: "Unknown", reason: "NotProbed", message };
}

function remarksOf(probes: readonly ContentStatus[]): readonly string[] {
  const chunks = sum(probes, ({ chunks: of }) => of);
  if (chunks > 0) return [`content of ${chunks} ${plural(chunks, "chunk")} compared`];
  return [...new Set(probes.flatMap(({ reason }) => (reason === null ? [] : [`content not compared: ${reason}`])))];
}

function sum(probes: readonly ContentStatus[], of: (probe: ContentStatus) => number): number {
  return probes.reduce((all, probe) => all + of(probe), 0);
}
