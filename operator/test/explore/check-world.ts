// Invariants of one world and of the documents that the operator writes.
import { overlaySchema } from "@retriever/sidecar/contract/overlay.ts";
import { cutoverRate, type Doc, rates } from "./plan.ts";
import type { Report } from "./report.ts";
import { isFinal, primariesOf } from "./truths.ts";
import type { World } from "./world.ts";

/** Every (primary, shadow, rate) that the plan has. */
const planned = new Set([
  "source none 0",
  "source destination 0",
  ...rates.map((rate) => `source destination ${rate}`),
  `destination source ${cutoverRate}`,
  "destination none 0",
]);
const readable = new Set<Doc>();

/** Documents anywhere in the world; only the operator writes documents that can be read. */
function documentsIn({ overlay, pods }: World): Doc[] {
  return [overlay?.doc, ...pods.map((pod) => pod.force)].filter((doc) => doc !== null && doc !== undefined);
}

export function checkWorld(world: World, report: Report): void {
  const docs = documentsIn(world);
  for (const doc of docs) checkDocument(doc, report);
  checkEpochs(docs, world, report);
  const { status, base } = world;
  if (status.phase === "RolledBack" && base === "source")
    report.check(
      "rolled back",
      primariesOf(world).every((store) => store === "source"),
      "a pod left the source after the rollback",
    );
  const types = status.conditions.filter((one) => one.status === "True").map(({ type }) => type);
  report.check("status", !(types.includes("Reconciling") && types.includes("Stalled")), "both Reconciling and Stalled");
  if (status.phase === "Guard" || status.phase === "Completed")
    report.check(
      "I5",
      status.revision === undefined || status.revision.primary === "destination",
      "past the cutover the source is primary",
    );
  if (isFinal(world) && status.phase !== "Completed" && status.revision !== undefined)
    report.check(
      "I8",
      status.revision.primary === "source" && status.revision.sampleRate === 0,
      "it ended elsewhere than at the source",
    );
}

function checkDocument(doc: Doc, report: Report): void {
  const { primary, shadow, sampleRate } = doc.document;
  const isShaped = (primary === "source" || primary === "destination") && shadow !== primary;
  report.check("I1", isShaped, `primary ${primary}, shadow ${shadow}`);
  report.check(
    "I2",
    planned.has(`${primary} ${shadow} ${sampleRate}`),
    `${primary}+${shadow}@${sampleRate} is no step of the plan`,
  );
  if (readable.has(doc)) return;
  report.check("I2", overlaySchema.safeParse(JSON.parse(doc.text)).success, "an overlay that no sidecar can read");
  readable.add(doc);
}

/** One epoch, one text: an epoch that means two things is a step taken twice. */
function checkEpochs(docs: readonly Doc[], { status }: World, report: Report): void {
  const texts = new Map<number, string>();
  for (const { document, text } of docs) {
    const { epoch } = document.revision;
    report.check("I9", (texts.get(epoch) ?? text) === text, `epoch ${epoch} means two things`);
    texts.set(epoch, text);
    const { revision } = status;
    if (revision === undefined || revision.epoch !== epoch) continue;
    const isSame =
      revision.primary === document.primary &&
      revision.shadow === document.shadow &&
      revision.sampleRate === document.sampleRate &&
      revision.released === document.released;
    report.check("I9", isSame, `epoch ${epoch} of the status isn't the document of that epoch`);
  }
}
