import { type Phase, phases } from "@retriever/crds/status/migration-status.ts";

/** The way of a migration that nothing stops, from Pending to Completed. */
export const wayForward: readonly Phase[] = phases.slice(0, phases.indexOf("Completed") + 1);

/** From Preflight to Guard: accepted, and not over. */
export const underWay: readonly Phase[] = wayForward.slice(1, -1);
