// A person who makes both stores the same again from the report that the operator kept.
// The commands run as processes of their own; which store is right is said by whoever asks.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type VerifyReport, verifyReportSchema } from "@retriever/sidecar/contract/verify-report.ts";
import { z } from "zod";
import { retrieverData } from "#support/world/command-line.ts";
import { configMapsPath, type Play } from "./play.ts";

const keptSchema = z.object({ data: z.object({ "report-0.json": z.string() }) });
const baseSchema = z.object({ data: z.object({ "retriever.json": z.string() }) });
const lastLineSchema = z.object({
  repair: z.object({
    done: z.object({ written: z.int(), removed: z.int(), remaining: z.record(z.string(), z.int()) }).nullable(),
  }),
});

type Repaired = {
  readonly exitCode: number;
  readonly done: z.infer<typeof lastLineSchema>["repair"]["done"];
};

/** The report of the last comparison, as the operator keeps it. */
export async function keptReport(play: Play): Promise<VerifyReport> {
  return verifyReportSchema.parse(JSON.parse(await reportText(play)));
}

async function reportText({ stage, name }: Play): Promise<string> {
  const kept = await stage.world.client.get(`${configMapsPath}/${name}-drift`);
  return keptSchema.parse(kept).data["report-0.json"];
}

/** `retriever-data verify --repair … --yes` between the source and a collection. Rejects when it doesn't end. */
export async function repair(
  play: Play,
  collection: string,
  direction: "source-to-destination" | "destination-to-source",
): Promise<Repaired> {
  const folder = await mkdtemp(join(tmpdir(), "retriever-story-repair-"));
  const place = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  try {
    const base = baseSchema.parse(await play.stage.world.client.get(play.basePath));
    const apiKey = { fromEnv: "RETRIEVER_CRED_QDRANT" };
    const primary = { kind: "qdrant", url: play.destination.url, collection, apiKey };
    const source = await place("source.json", base.data["retriever.json"]);
    const destination = await place("destination.json", JSON.stringify({ primary }));
    const report = await place("report.json", await reportText(play));
    const stores = ["--source", source, "--destination", destination];
    return await run(play, ["--repair", report, ...stores, "--direction", direction, "--yes"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run({ storeEnv }: Play, words: readonly string[]): Promise<Repaired> {
  const { exitCode, stdout, stderr } = await retrieverData(["verify", ...words], storeEnv);
  const line = stdout.split("\n").findLast((each) => each.startsWith('{"repair"'));
  if (line === undefined) throw new Error(`verify ${words.join(" ")}: ${stderr.trim()}`);
  return { exitCode, done: lastLineSchema.parse(JSON.parse(line)).repair.done };
}
