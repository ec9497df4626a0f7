// The command `replay`: proves evidence without a cluster.
import { type Replayed, replay } from "@retriever/operator/audit/replay.ts";
import { decide } from "@retriever/operator/core/decide.ts";
import { counted } from "@retriever/operator/page/words.ts";
import { type Files, fileFault } from "#files/files.ts";
import { exitCodes } from "#output/exit-codes.ts";
import type { Terminal } from "#output/terminal.ts";

/** Proves a file and decides everything in it again: 0 when all of it holds, 2 when not, 1 when it can't be read. */
export async function replayFile(
  path: string,
  html: string | undefined,
  files: Files,
  terminal: Terminal,
): Promise<number> {
  let text: string;
  try {
    text = await files.read(path);
  } catch (fault) {
    terminal.warn(fileFault("read", path, fault));
    return exitCodes.error;
  }
  const replayed = replay(text, decide);
  if (html !== undefined) {
    const { writeReportOf } = await import("../show/report.ts");
    const code = await writeReportOf(text, path, { form: "html", file: html }, { files, terminal });
    if (code === exitCodes.error) return code;
  }
  const { fault } = replayed;
  for (const gap of replayed.gaps)
    terminal.warn(`a decision is not on record ${gap}; the operator ended before keeping it`);
  if (fault === undefined) {
    terminal.print(summarise(replayed));
    return exitCodes.ok;
  }
  const where = fault.seq === null ? "" : `record ${fault.seq}, `;
  terminal.print(`${where}line ${fault.line}: ${fault.message}`);
  terminal.print(
    `${counted(replayed.records, "record")} before the fault, ${counted(replayed.rederived, "decision")} re-derived, chain broken`,
  );
  return exitCodes.refused;
}

function summarise({ records, rederived, tooLarge, missing, dropped, repeated }: Replayed): string {
  const parts = [counted(records, "record"), `${counted(rederived, "decision")} re-derived`, "chain intact"];
  if (tooLarge > 0) parts.push(`${counted(tooLarge, "decision")} too large to be re-derived`);
  if (missing > 0) parts.push(`${counted(missing, "record")} could not be kept`);
  if (dropped > 0) parts.push(`${dropped} older ones dropped`);
  if (repeated > 0) parts.push(`${repeated} repeated`);
  return parts.join(", ");
}
