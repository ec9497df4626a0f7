// The rooms of the operator's core, the lowest first: a room imports itself and the rooms below it.
export const coreRooms = [
  // What everything speaks of: observation, migration, decision. Types, and plain readings of a status.
  "model",
  // Windows of local time, and the spans over which evidence is summed.
  "time",
  // What the pods acknowledge and count.
  "pods",
  // Whether the samples of a stage say enough.
  "gates",
  // Evidence of change, gathered bin by bin: detectors, their lines, and whether harm has lasted.
  "detection",
  // Whether the destination does worse than it may.
  "harm",
  // Comparisons of the two stores, and smoke tests.
  "verification",
  // The checklist that lets a migration start and cut over.
  "checks",
  // What people ask for, and what is announced.
  "people",
  // The messages that wait for their sinks, and the incidents that they open and close.
  "outbox",
  // The overlay's text, and the effects that make the cluster equal to a status.
  "overlay",
  // The ways in which a status changes: stay, transition, rollback, step down.
  "steps",
  // One handler per phase.
  "phases",
  // Rules that answer before the phase does: deletion, harm, a pause.
  "preempt",
  // Conditions, and what of a status is worth a write.
  "status",
] as const;
