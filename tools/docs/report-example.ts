// The example of a report, by the commands that docs/evidence.md names beside it.
import { printedBy } from "./command-line.ts";

const screen = { columns: 80, rows: 24 };

/** HTML of the report of a rehearsal that rolled itself back. */
export async function renderReportExample(): Promise<string> {
  const written = new Map<string, string>();
  const rehearse = "rehearse -f migration.yaml --scenario degrades-in-guard --seed 1 --evidence run.jsonl";
  await printedBy(rehearse.split(" "), screen, written);
  await printedBy("report --evidence run.jsonl -o html -O rolled-back.html".split(" "), screen, written);
  const page = written.get("rolled-back.html");
  if (page === undefined) throw new Error("no report was written");
  return page;
}
