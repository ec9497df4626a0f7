// One thing that a migration of a workload needs, and whether it is there.

/** `unknown`: it couldn't be read, and `message` says why. */
export type Item = {
  readonly name: string;
  readonly state: "ok" | "missing" | "unknown";
  readonly message: string;
  readonly remedy?: string;
};

export const ok = (name: string, message: string): Item => ({ name, state: "ok", message });
export const missing = (name: string, message: string, remedy: string): Item => ({
  name,
  state: "missing",
  message,
  remedy,
});
export const unknownItem = (name: string, why: string): Item => ({ name, state: "unknown", message: why });

/** Jobs that write to a store. */
export const writings = ["copy", "sync", "repair"] as const;
export type Writing = (typeof writings)[number];
