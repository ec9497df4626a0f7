// What wakes the loop: a watch of the migrations and of what they name. An event is never evidence: a decision reads live, and a lost event costs one resync at most.
import type { MigrationKey } from "./cluster.ts";

export interface EventSource {
  /**
   * Begins to call `wake`: for every migration after each list, and for the ones that an event concerns. `isNews` false:
   * the list only says that it is still there.
   */
  start(wake: (key: MigrationKey, isNews?: boolean) => void): void;
  /** Ends all streams and timers; no `wake` follows. */
  stop(): Promise<void>;
  /** The migrations that name this workload, as last seen. */
  keysOfTarget(workload: MigrationKey): readonly MigrationKey[];
  /** Clock.elapsed() of the oldest of the newest complete lists; undefined until each succeeded once. */
  listedAt(): number | undefined;
}
