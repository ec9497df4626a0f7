// What `kubectl get` prints of a status: a column can't be put together from two fields.
import { durationSeconds, printDuration } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";

type Columns = NonNullable<MigrationStatus["columns"]>;

/** The stage from one, as in messages, and the guard's watched time of all of it. */
export function columnsOf({ stage, guard }: MigrationStatus, plan: MigrationSpec | undefined): Columns {
  const whole = plan === undefined ? "?" : printDuration(durationSeconds(plan.guard.duration));
  return {
    ...(stage === undefined ? {} : { stage: `${stage.index + 1}/${stage.count}` }),
    ...(guard === undefined ? {} : { guard: `${coarse(guard.watchedSeconds)}/${whole}` }),
  };
}

/** The status with its columns, and without those of a stage that is over. */
export function withColumns(status: MigrationStatus, plan: MigrationSpec): MigrationStatus {
  const { columns: _before, ...rest } = status;
  const columns = columnsOf(status, plan);
  return Object.keys(columns).length === 0 ? rest : { ...rest, columns };
}

/** Its largest unit, never rounded up: 23h59m is 23h. */
function coarse(seconds: number): string {
  const unit = [3600, 60].find((each) => seconds >= each) ?? 1;
  return printDuration(Math.floor(seconds / unit) * unit);
}
