// The base of a story's application: read and edited as its owner does it.
import { z } from "zod";
import type { Play } from "./play.ts";
import { collection } from "./stage.ts";

const baseFile = "retriever.json";
const configMapSchema = z.object({ data: z.object({ [baseFile]: z.string() }) });
const documentSchema = z.looseObject({ primary: z.looseObject({}) });
type BaseDocument = z.output<typeof documentSchema>;

/** The document as it stands in the application's ConfigMap. */
export async function readBase({ stage, basePath }: Play): Promise<BaseDocument> {
  const { data } = configMapSchema.parse(await stage.client.get(basePath));
  return documentSchema.parse(JSON.parse(data[baseFile]));
}

/** Puts another document in its place, and has the kubelet look at it now. */
export async function writeBase(play: Play, document: BaseDocument): Promise<void> {
  await play.stage.client.mergePatch(play.basePath, { data: baseData(document) });
  await play.touchPods();
}

/** What the ConfigMap of a base holds. */
export function baseData(document: BaseDocument): Readonly<Record<string, string>> {
  return { [baseFile]: JSON.stringify(document) };
}

/** A base that names the store to which the story's migration leads. */
export function destinationBase({ destination }: Play): BaseDocument {
  const apiKey = { fromEnv: "RETRIEVER_CRED_QDRANT" };
  return { primary: { kind: "qdrant", url: destination.url, collection, apiKey } };
}
