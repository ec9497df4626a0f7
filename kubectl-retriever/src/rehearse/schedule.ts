// When the scenario's events begin and end: moments that count from a phase are known once the phase was entered.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { ScenarioEvent } from "#scenario/scenario.ts";
import { type Anchor, parseMoment } from "#scenario/scenario-moment.ts";

export type Step = { readonly kind: "begin" | "end"; readonly event: ScenarioEvent };

export type Schedule = {
  /** Notes which phase and stage were entered at an instant; the first entry counts. */
  readonly enter: (status: MigrationStatus, nowMs: number) => void;
  /** Instant of the next step; undefined when none is known. */
  readonly next: () => number | undefined;
  /** Takes the steps that are due, in their order. */
  readonly take: (nowMs: number) => readonly Step[];
  /** Events whose moment never came. */
  readonly unreached: () => readonly ScenarioEvent[];
};

type Due = Step & { readonly atMs: number; readonly order: number };

/** Instants in epoch ms. */
export function makeSchedule(events: readonly ScenarioEvent[], startMs: number): Schedule {
  const entered = new Map<string, number>([[keyOf({ kind: "start" }), startMs]]);
  let waiting = events.map((event, order) => ({ event, order }));
  let due: Due[] = [];

  /** An event whose anchor was passed in the same reconcile comes now, never in the past. */
  const arrange = (nowMs: number) => {
    waiting = waiting.filter(({ event, order }) => {
      const moment = parseMoment(event.at);
      const from = moment === undefined ? undefined : entered.get(keyOf(moment.anchor));
      if (moment === undefined || from === undefined) return true;
      const atMs = Math.max(nowMs, from + moment.afterSeconds * 1000);
      due.push({ kind: "begin", event, atMs, order });
      if (event.for !== undefined) {
        due.push({ kind: "end", event, atMs: atMs + durationSeconds(event.for) * 1000, order });
      }
      return false;
    });
    due.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
  };
  arrange(startMs);
  return {
    enter: (status, nowMs) => {
      const anchors: Anchor[] = [{ kind: "phase", phase: status.phase }];
      if (status.stage !== undefined) anchors.push({ kind: "stage", stage: status.stage.index + 1 });
      const fresh = anchors.map(keyOf).filter((key) => !entered.has(key));
      for (const key of fresh) entered.set(key, nowMs);
      if (fresh.length > 0) arrange(nowMs);
    },
    next: () => due[0]?.atMs,
    take: (nowMs) => {
      const taken = due.filter(({ atMs }) => atMs <= nowMs);
      due = due.filter(({ atMs }) => atMs > nowMs);
      return taken;
    },
    unreached: () => [...waiting, ...due.filter(({ kind }) => kind === "begin")].map(({ event }) => event),
  };
}

function keyOf(anchor: Anchor): string {
  if (anchor.kind === "start") return "start";
  return anchor.kind === "phase" ? anchor.phase : `stage ${anchor.stage}`;
}
