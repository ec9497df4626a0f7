// A destination that answers every search as the source does, and holds no text: nothing but the content tells.
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { conditionOf } from "#support/world/migration-status.ts";
import { type Play, startPlay } from "./play.ts";
import { collection, openStage, type Stage } from "./stage.ts";

let stage: Stage;
let play: Play;
beforeAll(async () => {
  stage = await openStage("content");
  play = await startPlay(stage, "textless", { ratePerSecond: 0 });
});
afterAll(async () => {
  await play.close();
  await stage.close();
});

it("stays in Preflight, and says how many of the probed chunks lack their text", async () => {
  const before = (await stage.world.client.get(play.basePath)) as unknown as { data: Record<string, string> };
  const { primary } = JSON.parse(before.data["retriever.json"] ?? "") as { primary: object };
  // Any column of the table will do for a text.
  const base = { primary: { ...primary, fields: { text: "entity_id" } }, select: ["text"] };
  await stage.world.client.mergePatch(play.basePath, { data: { "retriever.json": JSON.stringify(base) } });
  const { url } = play.destination;
  const apiKey = { fromEnv: "RETRIEVER_CRED_QDRANT" };
  const destination = { kind: "qdrant", url, collection, apiKey, fields: { text: "no_such_key" } } as const;
  await play.migrate({ destination });
  const held = await play.see("the content is missing", (status) => {
    return conditionOf(status, "Reachable")?.reason === "ContentMissing";
  });
  expect(held).toMatchObject({ phase: "Preflight" });
  expect(held.message).toMatch(/of 20 chunks that both stores answered 20 lack text or metadata at the destination/);
  await eventually("the sidecar tells counts alone", async () => {
    const [sidecar] = await play.sidecars();
    // On a busy machine a probe may have come too late, which is no fault of the content.
    const isNoFault = sidecar?.stores.every(
      ({ lastError }) => lastError === null || lastError.code === "RETR_DEADLINE_EXCEEDED",
    );
    return sidecar?.content?.missing === 20 && isNoFault === true;
  });
});
