// Commands of the plugin as the pages show them: run here by the program itself, in the folder of the default example. What a
// command writes is kept for the next one.
import { join } from "node:path";
import { makeLocalFiles } from "../../kubectl-retriever/src/files/local-files.ts";
import { scenarioLibrary } from "../../kubectl-retriever/src/files/scenario-library.ts";
import { runCli } from "../../kubectl-retriever/src/program.ts";
import type { Surroundings } from "../../kubectl-retriever/src/surroundings.ts";
import { makeSystemClock } from "../../operator/src/adapters/system-clock.ts";

const folder = join(import.meta.dirname, "../../examples/default");

/** A terminal of so many columns and rows. */
type Screen = { readonly columns: number; readonly rows: number };

/** Files that commands wrote, by name. */
type Written = Map<string, string>;

/** What a command prints, by line. Throws where it fails, or waits for somebody: there is nothing to show then. */
export async function printedBy(words: readonly string[], screen: Screen, written: Written = new Map()) {
  const printed: string[] = [];
  const code = await runCli(
    words,
    surroundings(screen, written, (text) => void printed.push(...text.split("\n"))),
  );
  // A rehearsal that ends with a rollback says so by its code.
  if (code !== 0 && code !== 4) throw new Error(`kubectl-retriever ${words.join(" ")} exited with ${code}`);
  return printed;
}

function surroundings({ columns, rows }: Screen, written: Written, print: (line: string) => void): Surroundings {
  const local = makeLocalFiles(1024 * 1024, () => process.stdin);
  const files = {
    ...local,
    read: async (path: string) => written.get(path) ?? local.read(join(folder, path)),
    write: async (path: string, text: string) => void written.set(path, text),
  };
  const sized = { columns: () => columns, rows: () => rows };
  const shown = { print, show: print, data: print, warn: print };
  return {
    terminal: { isTty: true, color: false, ...sized, ...shown, frame: () => undefined, endFrames: () => undefined },
    clock: makeSystemClock(),
    connect: () => Promise.reject(new Error("the pages have no cluster")),
    files: { manifests: files, traffic: files, evidence: files },
    scenarios: scenarioLibrary,
    workers: { count: 1, entry: new URL("../../kubectl-retriever/src/main.ts", import.meta.url) },
    signal: new AbortController().signal,
  };
}
