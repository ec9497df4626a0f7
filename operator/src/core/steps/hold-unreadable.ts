// No step is taken on an overlay that no sidecar would read: pods would stay where they are, and the step would be judged as
// if they had been told.
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { isRollingBack } from "../model/status-readings.ts";
import { overlayFault } from "../overlay/overlay-fault.ts";
import { renderOverlay } from "../overlay/revision.ts";
import { clip, stay } from "./transition.ts";

const reason = "OverlayInvalid";

/** The outcome, unless the overlay that it asks for can't be read: then nothing moves, and people are told once. */
export function holdUnreadable(c: Context, outcome: Outcome): Outcome {
  const { overlay } = c.observation;
  const rendered = renderOverlay(c.meta, c.plan, outcome.status);
  if (rendered === undefined || (overlay.ok && overlay.value?.text === rendered.text)) return outcome;
  const fault = overlayFault(rendered.text);
  if (fault === undefined) return outcome;
  const words = `no sidecar would read the overlay of epoch ${outcome.status.epoch} (ROP_OVERLAY_INVALID): ${fault}`;
  const isSaid = c.migration.status.conditions.some((one) => one.type === "Ready" && one.reason === reason);
  const isBack = isRollingBack(outcome.status);
  const held = isBack ? outcome : stay(c, "blocked", reason, "");
  const message = clip(isBack ? `${words}. ${outcome.status.message}` : `held: ${words}`);
  const told = { type: "Warning", reason, message, severity: isBack ? "page" : "ticket" } as const;
  return {
    ...held,
    status: { ...held.status, message },
    standing: "blocked",
    reason,
    announcements: isSaid ? held.announcements : [...held.announcements, told],
  };
}
