// One world in one line, for the trace of a violation.
import type { Doc } from "./plan.ts";
import { primaryOf, type World } from "./world.ts";

function short(doc: Doc | null): string {
  if (doc === null) return "nothing";
  const { revision, primary, shadow, sampleRate, released } = doc.document;
  return `#${revision.epoch} ${primary}+${shadow}@${sampleRate}${released ? " released" : ""}`;
}

export function describe(world: World): string {
  const { status, overlay, pods, base, acts } = world;
  const { revision } = status;
  const wanted =
    revision === undefined
      ? "nothing"
      : `#${revision.epoch} ${revision.primary}+${revision.shadow}@${revision.sampleRate}`;
  const held = overlay === null ? "none" : overlay.doc === null ? "foreign" : short(overlay.doc);
  const runs = pods.map((pod) => `${short(pod.force)} serves ${primaryOf(pod, base)}${pod.deaf ? " deaf" : ""}`);
  const flags = [
    ...(overlay?.deleting === true ? ["overlay deleting"] : []),
    ...(overlay?.intent?.rollback ? ["overlay says rollback"] : []),
    ...(base === "source" ? [] : ["base changed"]),
    ...(world.listable ? [] : ["unlistable"]),
    ...(world.down === null ? [] : [`${world.down} down`]),
    ...(world.deleting ? ["deleting"] : []),
    ...(world.job === null ? [] : [`Job ${world.job.state}`]),
    ...(world.gone ? ["gone"] : []),
    ...(status.acts?.paused === true ? ["paused"] : []),
    ...(status.harm?.heldSince === undefined ? [] : ["held"]),
    ...acts.map((act) => `${act} asked`),
  ];
  return `${status.phase} wants ${wanted}; overlay ${held}; pods ${runs.join(" | ")}${flags.length > 0 ? `; ${flags.join(", ")}` : ""}`;
}
