// The status of a migration in its guard, as an operator leaves it: large enough that showing it is work.
const at = "2026-01-01T11:19:00Z";

const gate = (name: string) => ({
  gate: name,
  verdict: "Pass",
  value: 0.009,
  interval: [0.006, 0.012],
  n: 5166,
  limit: 0.05,
  windowSeconds: 300,
  message: "",
});

/** Phase, and everything that the status command shows of it. */
export const guardedStatus = {
  observedGeneration: 1,
  phase: "Guard",
  message: "guarding: 20h of watched time are left",
  epoch: 9,
  revision: { epoch: 9, primary: "destination", shadow: "source", sampleRate: 0.05, released: false, at },
  acks: { pods: 12, matched: 12, lagging: [], lost: [] },
  gates: ["scoreDelta", "latencyDelta", "mismatch", "shadowErrors"].map(gate),
  guard: {
    startedAt: at,
    tickedAt: at,
    visibility: "watched",
    watchedSeconds: 7500,
    idleSeconds: 60,
    unobservedSeconds: 0,
  },
};
