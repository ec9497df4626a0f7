// When the operator goes back by itself after the cutover.
import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { durationSchema } from "#fields/duration-schema.ts";
import { nonEmpty } from "#fields/field-types.ts";

export const rollbackSchema = z.strictObject({
  automatic: z
    .boolean()
    .default(true)
    .meta(
      doc(
        "False: harm after the cutover is announced and holds, and a Rollback act goes back. A cutover under way has its own deadlines all the same.",
        false,
        "off",
      ),
    ),
  alert: nonEmpty(128)
    .default("RETR_DUAL_VARIANCE_HIGH")
    .meta(doc("Name of the service's own alert; it stands in the causes.", "RETR_DUAL_VARIANCE_HIGH", "")),
  window: durationSchema
    .default("5m")
    .meta(doc("Span of the sidecars' counters that a firing alert is held against, from 1s to 15m.", "10m", "5 m")),
  sustainedFor: durationSchema
    .default("5m")
    .meta(
      doc(
        "How long harm must last before it is acted on; as long as half of it is added, in which its end would show.",
        "10m",
        "1.5m",
      ),
    ),
  severeFor: durationSchema
    .default("15s")
    .meta(
      doc(
        "How long requests must fail on a grand scale before it goes back without waiting; raise it to sit longer outages out.",
        "45s",
        "15",
      ),
    ),
  verifyDriftAfter: durationSchema
    .default("15m")
    .meta(
      doc("A rollback within this time after the cutover is an immediate one, later a delayed one.", "30m", "soon"),
    ),
  maxSourceStaleness: durationSchema
    .default("15m")
    .meta(doc("How old the source's newest data may be for the rollback path to count as ready.", "1h", "1w")),
  acceptStaleSource: z
    .boolean()
    .default(false)
    .meta(
      doc(
        "Whether a delayed rollback may happen by itself after a WritersMoved, though it hides what was written since.",
        true,
        "yes",
      ),
    ),
  integrity: z
    .enum(["Verify", "Skip"])
    .default("Verify")
    .meta(doc("Whether a delayed rollback compares what was written since the cutover.", "Skip", "Repair")),
});
