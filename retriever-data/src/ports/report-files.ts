// Where a verification leaves its report and its checkpoints.

export interface ReportFiles {
  /** Null when there is no such file. Rejects with RETR_VERIFY_FOLDER_UNWRITABLE when it can't be read. */
  read(name: string): Promise<Buffer | null>;
  /** Whole or not at all: whoever reads meanwhile finds the old content. Rejects with RETR_VERIFY_FOLDER_UNWRITABLE. */
  write(name: string, content: Buffer | string): Promise<void>;
  /** No error when there is none. */
  remove(name: string): Promise<void>;
}
