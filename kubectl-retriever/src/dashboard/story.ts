// What happened to a migration, newest first: steps, acts, alarms and messages, from its status and its events.

import { hash } from "node:crypto";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { MigrationEvent } from "#kube-client.ts";

type StoryEntry = {
  /** ISO instant. */
  readonly at: string;
  readonly kind: "decision" | "act" | "message" | "event";
  /** One word for it. */
  readonly reason: string;
  readonly text: string;
};

/** As many as a page shows; what is older is in the evidence. */
const mostEntries = 200;

const actReasons: readonly string[] = ["ActTaken", "ActRefused", "ActExpired"];

/** Newest first. An event that repeats a step of the history is left out. */
export function storyOf(status: MigrationStatus, events: readonly MigrationEvent[]): readonly StoryEntry[] {
  const steps = status.history.map(({ at, phase, epoch, reason, message }): StoryEntry => {
    return { at, kind: "decision", reason, text: `${phase}, epoch ${epoch}: ${message}` };
  });
  const told = new Set(status.history.map(({ at, reason }) => `${second(at)} ${reason}`));
  const seen = events
    .filter(({ at, reason }) => !told.has(`${second(at)} ${reason}`))
    .map(({ at, reason, message, count }): StoryEntry => {
      const times = count > 1 ? ` (${count} times)` : "";
      return { at, kind: actReasons.includes(reason) ? "act" : "event", reason, text: `${message}${times}` };
    });
  const messages = (status.outbox ?? []).map(({ at, kind, text, pending, failed }): StoryEntry => {
    const state = [
      ...(pending.length === 0 ? [] : [`waiting for ${pending.join(", ")}`]),
      ...(failed.length === 0 ? [] : [`given up for ${failed.join(", ")}`]),
    ];
    return { at, kind: "message", reason: kind, text: `${text}${state.length === 0 ? "" : ` (${state.join("; ")})`}` };
  });
  return [...steps, ...seen, ...messages].toSorted((a, b) => second(b.at) - second(a.at)).slice(0, mostEntries);
}

/** By which an entry is linked to: the same on every page and after every restart. */
export function anchorOf({ at, kind, reason, text }: StoryEntry): string {
  return `story-${hash("sha256", `${at} ${kind} ${reason} ${text}`).slice(0, 10)}`;
}

/** An event has whole seconds only. */
function second(at: string): number {
  const time = Date.parse(at);
  return Number.isNaN(time) ? 0 : Math.floor(time / 1000);
}
