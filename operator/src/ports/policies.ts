// What admission policies are asked: the operator relies on some of them.

export type Policies = {
  /** Whether a policy and its binding of the same name stand, fail closed and deny. */
  readonly isInForce: (name: string, signal: AbortSignal) => Promise<boolean>;
};
