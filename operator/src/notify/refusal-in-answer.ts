// What a sink says in an answer that looks good: some gateways answer 200 and tell in the body that nobody got the message.
import { z } from "zod";
import type { SinkConfig } from "./sinks-file.ts";

const slackAnswer = z.object({ ok: z.literal(false), error: z.string().optional() });
const eventAnswer = z.object({ status: z.string(), errors: z.unknown().optional() });
/** In what the Events API says of an event that it doesn't take. A gateway of its form may call success what it likes. */
const failing = /invalid|throttle|exceeded|error|fail|reject|denied|unauthori/i;
/** Only words of this form are told: an answer may repeat the message, or an address. */
const errorWord = /^[a-z0-9_]{1,60}$/;

/** Why the message wasn't taken, fit for a status; undefined where the answer says nothing against it. */
export function refusalIn(kind: SinkConfig["kind"], answer: string): string | undefined {
  if (kind === "slack") return refusalOfSlack(answer);
  if (kind === "teams") return refusalOfTeams(answer);
  return kind === "pagerduty" ? refusalOfPagerDuty(answer) : undefined;
}

/** A webhook answers `ok`; the Web API, and gateways before it, 200 with `ok: false`. */
function refusalOfSlack(answer: string): string | undefined {
  const { data } = slackAnswer.safeParse(readJson(answer));
  if (data === undefined) return undefined;
  const { error = "" } = data;
  return `answered that it isn't ok${errorWord.test(error) ? `: ${error}` : ""}`;
}

/** `Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId …` */
function refusalOfTeams(answer: string): string | undefined {
  if (!answer.slice(0, 1000).includes("delivery failed")) return undefined;
  const [, status] = /HTTP error (\d{3})\b/.exec(answer.slice(0, 1000)) ?? [];
  return `answered that the delivery failed${status === undefined ? "" : ` with HTTP ${status}`}`;
}

function refusalOfPagerDuty(answer: string): string | undefined {
  const { data } = eventAnswer.safeParse(readJson(answer));
  if (data === undefined) return undefined;
  const { status, errors } = data;
  const hasErrors = Array.isArray(errors) && errors.length > 0;
  return hasErrors || failing.test(status.slice(0, 1000)) ? "answered that the event isn't taken" : undefined;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
