// The lease by which one of several operators leads.
export type LeaseRecord = {
  /** Empty when it was released. */
  readonly holder: string;
  readonly durationSeconds: number;
  /** Epoch ms as the holder wrote it; compared for change only, never with our clock. */
  readonly renewedAt: number;
  readonly acquiredAt: number;
  /** Rises with every change of the holder: the fencing number. */
  readonly transitions: number;
};

export type LeaseRead = LeaseRecord & { readonly resourceVersion: string };

export interface LeaseStore {
  /** Undefined when there is none yet. */
  read(signal: AbortSignal): Promise<LeaseRead | undefined>;
  /** Writes over the version read (`undefined`: creates). Fails with ROP_CONFLICT when somebody was faster. */
  write(record: LeaseRecord, over: string | undefined, signal: AbortSignal): Promise<LeaseRead>;
}
