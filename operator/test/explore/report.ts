// How often each invariant was checked, and what broke one.

export const invariants = {
  I1: "primary is one store, shadow the other or none",
  I2: "every overlay is a step of the plan that sidecars can read",
  I3: "the rate never rises over harm, the unknown or missing acknowledgements",
  I4: "unknown is never pass",
  I5: "the destination is primary only after the last stage, with the rollback path open",
  I6: "two primaries don't stay",
  I7: "a rollback needs nothing but the API",
  I8: "a rollback is latched",
  I9: "an epoch means one thing and never falls",
  I10: "completed only after the guard's time was seen",
  I11: "a late rollback is compared once every pod is back, and says what its Job said",
  I12: "harm acts once it has lasted, or is severe; a blip, a cause beside it, or bins told twice never act",
  I13: "only a cutover that was taken back for want of time is tried again, by a person, from the source",
  phases: "only legal steps",
  final: "final phases are final",
  "rolled back": "RolledBack only with every pod on the source",
  finalizer: "the finalizer goes after the pods are safe",
  pause: "a pause stops progress",
  status: "a status that people can read",
  quiet: "without further faults it ends, or waits for a person, and writes nothing more",
} as const;

type Invariant = keyof typeof invariants;
export type Violation = { readonly invariant: Invariant; readonly what: string };

/** Collects what the checks of one exploration say. */
export class Report {
  readonly checked = new Map<Invariant, number>();
  #found: Violation[] = [];

  check(invariant: Invariant, holds: boolean, what: string): void {
    this.checked.set(invariant, (this.checked.get(invariant) ?? 0) + 1);
    if (!holds) this.#found.push({ invariant, what });
  }

  /** Violations since the last call. */
  take(): readonly Violation[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }
}
