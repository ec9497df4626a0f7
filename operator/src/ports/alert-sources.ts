// Where alerts come from that somebody else evaluates. The administrator names the sources; a migration only refers to them.
import type { AlertsObservation } from "#core/model/alert-observation.ts";

export type AlertQuestion = {
  /** Name of the source. */
  readonly source: string;
  readonly alert: string;
  readonly namespace: string;
  readonly target: string;
};

export interface AlertSources {
  readonly names: readonly string[];
  /** Rejects with a coded error unless every part was read whole: a part that is missing never means "not firing". */
  read(question: AlertQuestion, signal: AbortSignal): Promise<AlertsObservation>;
}
