// What would be noticed, how soon and how small, and whether the guard ends in time: as lines for people. Pure.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { HarmLineName } from "@retriever/crds/status/harm-status.ts";
import { percentWord } from "@retriever/operator/page/words.ts";
import { renderTable } from "#text/table.ts";
import type { Forecast } from "./forecast.ts";
import type { GuardForecast } from "./guard-length.ts";
import type { Harm, Notice } from "./noticed.ts";
import { spanTime } from "./span-time.ts";
import type { Problem } from "./stage-deadline.ts";

/** How soon each kind of harm ends a stage or the guard. */
export function renderNotices(plan: MigrationSpec, { watches, tooThin }: Forecast): string[] {
  const harms = watches[0]?.notices.map(({ harm }) => harm) ?? [];
  return [
    ...renderTable([
      ["IF THE DESTINATION", ...watches.map(({ name }) => name)],
      ...harms.flatMap((harm, row) => {
        const mostly = watches.map(({ notices }) => notices[row]?.mostly ?? null);
        const late = ["  in 19 of 20 cases by", ...mostly.map((span) => (span === null ? "-" : spanTime(span)))];
        return [
          [harmWord(harm, plan), ...watches.map(({ notices }) => noticeWord(notices[row], plan))],
          ...(mostly.every((span) => span === null) ? [] : [late]),
        ];
      }),
    ]),
    "Where only some answers are slow one case in 20 takes twice as long or more: now and then chance refutes it.",
    "How long after that began a stage steps down (a failed gate may do so sooner), or the guard goes back to the source.",
    "For the first line of the guard the source has to answer, and of several pods at least two have to fail.",
    ...tooThin,
  ];
}

function harmWord(harm: Harm, { thresholds }: MigrationSpec): string {
  const slower = `is slower by ${thresholds.latencyDelta.limitMs} ms or more in`;
  const words: Readonly<Record<Harm, string>> = {
    everyRequestFails: "fails every request",
    everyAnswerWrong: "gives wrong answers only",
    slow30: `${slower} 30 % of answers`,
    slow8: `${slower} 8 % of answers`,
  };
  return words[harm];
}

function noticeWord(notice: Notice | undefined, { rollback }: MigrationSpec): string {
  if (notice === undefined) return "-";
  const { share, limit, action, seconds } = notice;
  if (share <= limit) return `is within ${percentWord(limit)}`;
  const after = spanTime(seconds);
  if (action === "Observe") return `${after}, only said`;
  return action === "Hold" || (action === "Rollback" && !rollback.automatic) ? `${after}, held` : after;
}

/** The smallest share per line that a whole guard makes stand out. */
export function renderSmallest(plan: MigrationSpec, { smallest }: GuardForecast): string[] {
  return renderTable([
    ["A WHOLE GUARD NOTICES", "ALLOWED", "NOTICED FROM"],
    ...smallest.map(({ line, limit, share }) => [
      lineWord(line, plan),
      percentWord(limit),
      share === null ? "never" : percentWord(share),
    ]),
  ]);
}

function lineWord(line: HarmLineName, { thresholds }: MigrationSpec): string {
  const { scoreDelta, latencyDelta, livePrimary } = thresholds;
  const words: Readonly<Record<HarmLineName, string>> = {
    score: `answers with a score lower by more than ${scoreDelta.limit}`,
    latency: `answers slower by ${latencyDelta.limitMs} ms or more`,
    mismatch: "answers with another top chunk",
    recall: "chunks lost of those that are truly nearest",
    content: "chunks without their text or metadata, or with another one",
    shadowErrors: "samples that fail",
    errors: "failed requests",
    liveErrors: "failed requests",
    emptyAnswers: "empty answers",
    liveLatency: `requests slower by ${livePrimary.maxP95IncreaseMs} ms than 95 % were before`,
    severe: "failed requests, without waiting",
  };
  return words[line];
}

/** How long the guard takes by the calendar; where that is too long why, and what would help. */
export function renderGuard({ guard }: MigrationSpec, { seconds, problem }: GuardForecast): string[] {
  if (problem === null)
    return [`The guard takes ${spanTime(seconds)} by the calendar; its deadline is ${guard.deadline}.`];
  return renderProblem(problem);
}

/** Why something isn't over by its deadline, and what would help. */
export function renderProblem(problem: Problem | null): string[] {
  if (problem === null) return [];
  return [`TOO THIN: ${problem.reason}.`, ...problem.remedies.map((remedy) => `  remedy   ${remedy}`)];
}
