// What a file of measured traffic says, whatever its form. Types only.
export type TrafficSample = { readonly seconds: number; readonly requestsPerSecond: number };

export type TrafficSamples = {
  /** In the order of time, at least one. */
  readonly samples: readonly TrafficSample[];
  /** Seconds are of the epoch; else from an unknown beginning. */
  readonly isClock: boolean;
  /** Values that are no numbers: nothing was measured there. */
  readonly leftOut: number;
};

export type TrafficFault = {
  /** From 1; undefined where the file as a whole is meant. */
  readonly line: number | undefined;
  readonly message: string;
};

export type ReadSamples =
  | ({ readonly ok: true } & TrafficSamples)
  | { readonly ok: false; readonly faults: readonly TrafficFault[] };
