// Files as commands need them; main.ts passes the real ones in, a test its own.

export type Files = {
  /** `-` is the standard input. Rejects when it can't be read, or is larger than anything that could be meant. */
  readonly read: (path: string) => Promise<string>;
  readonly write: (path: string, text: string) => Promise<void>;
  /** Writes a new file that only this user reads; rejects where there is one already. */
  readonly create: (path: string, bytes: Uint8Array) => Promise<void>;
  /** The manifests in a folder, and with `deep` below it; undefined where the path is no folder. */
  readonly manifestsIn: (path: string, deep: boolean) => Promise<readonly string[] | undefined>;
};

/** Why a file can't be used, without what is in it. */
export function fileFault(verb: "read" | "write", path: string, fault: unknown): string {
  if (verb === "read" && /^https?:\/\//i.test(path))
    return `can't read ${path}: only files are read, no addresses; fetch it first: curl -fsSL '${path}', and - in its place reads what comes through a pipe`;
  const code = fault instanceof Error && "code" in fault ? String(fault.code) : "unknown fault";
  const words: Readonly<Record<string, string>> = {
    ENOENT: verb === "write" ? "there is no such folder" : "there is no such file",
    EACCES: "not allowed",
    EEXIST: "there is one already",
    EISDIR: "it is a folder",
  };
  // Ours, with what is wrong in words.
  const own = ["EFBIG", "EILSEQ", "ENONAME"].includes(code) ? (fault as Error).message : undefined;
  return `can't ${verb} ${path}: ${own ?? words[code] ?? code}`;
}
