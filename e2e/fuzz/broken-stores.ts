// Stores that break: as primary they give coded errors and nothing else, as shadow they change nothing at all.
import { type Sidecar, startSidecar } from "#support/sidecar/start-sidecar.ts";
import { dimension } from "./hostile-body.ts";
import { type Misbehaviour, misbehaviours } from "./misbehaviour.ts";
import { type RecordingStore, startRecordingStore } from "./recording-store.ts";
import { checkLog } from "./secrecy.ts";
import type { Tally } from "./tally.ts";
import { until, untilProbed } from "./until.ts";
import { type Answer, send } from "./wire.ts";

type Scene = { readonly sidecar: Sidecar; readonly store: RecordingStore; readonly shadow: RecordingStore };
type RetrieveBody = {
  readonly candidates?: readonly { readonly chunkId: string }[];
  readonly error?: { readonly code?: string };
};

const timeoutMs = 250;
const requestsEach = 4;
const k = 3;
const body = Buffer.from(
  JSON.stringify({ embedding: Array.from({ length: dimension }, () => 0.731337), k, namespace: "kanarie" }),
);

/** Counts each way of breaking once per role, and the return to normal after it. */
export async function runBrokenStores(tally: Tally): Promise<void> {
  const [store, shadow] = [
    await startRecordingStore("primary", dimension),
    await startRecordingStore("shadow", dimension),
  ];
  const adapter = (url: string): object => ({ kind: "qdrant", url, collection: "chunks", timeoutMs });
  const dualRead = { enabled: true, sampleRate: 1, shadow: adapter(shadow.url) };
  const sidecar = await startSidecar({ base: { primary: adapter(store.url), dualRead } });
  const scene = { sidecar, store, shadow };
  try {
    await untilProbed(sidecar, dimension);
    for (const misbehaviour of misbehaviours) await breakPrimary(scene, misbehaviour, tally);
    for (const misbehaviour of misbehaviours) await breakShadow(scene, misbehaviour, tally);
    await changeDimension(scene, tally);
    checkLog(sidecar, tally);
  } finally {
    await Promise.allSettled([sidecar.stop(), store.close(), shadow.close()]);
  }
}

const ask = ({ sidecar }: Scene): Promise<Answer> => send(`${sidecar.appUrl}/v1/retrieve`, body, "whole");

async function breakPrimary(scene: Scene, { name, how, statuses }: Misbehaviour, tally: Tally): Promise<void> {
  scene.store.misbehave(how);
  const answers: Answer[] = [];
  for (let count = 0; count < requestsEach; count += 1) answers.push(await ask(scene));
  scene.store.misbehave(undefined);
  const fault = answers.map((answer) => faultOfAnswer(answer, statuses)).find((each) => each !== undefined);
  report(tally, `primary ${name}: ${answers[0]?.status}`, fault);
  const after = await ask(scene);
  report(
    tally,
    "the primary is well again: 200",
    isGood(after) ? undefined : `after "${name}": ${after.status} ${after.body}`,
  );
}

function faultOfAnswer({ status, body: text }: Answer, statuses: readonly number[]): string | undefined {
  if (status === null || !statuses.includes(status))
    return `status ${status}, expected ${statuses.join(" or ")}: ${text}`;
  const { candidates, error } = JSON.parse(text) as RetrieveBody;
  if (status !== 200) return error?.code?.startsWith("RETR_") === true ? undefined : `no code: ${text}`;
  if (!Array.isArray(candidates)) return `no candidates: ${text}`;
  return candidates.length <= k ? undefined : `${candidates.length} candidates, asked for ${k}`;
}

function isGood({ status, body: text }: Answer): boolean {
  if (status !== 200) return false;
  const { candidates = [] } = JSON.parse(text) as RetrieveBody;
  return candidates.map(({ chunkId }) => chunkId).join() === "primary-0,primary-1,primary-2";
}

/** The primary's answers stay what they were, and every request ends as one outcome of a sample. */
async function breakShadow(scene: Scene, { name, how }: Misbehaviour, tally: Tally): Promise<void> {
  await until("all samples to end", async () => (await outcomesOf(scene)).pending === 0);
  const before = await outcomesOf(scene);
  scene.shadow.misbehave(how);
  const answers: Answer[] = [];
  for (let count = 0; count < requestsEach; count += 1) answers.push(await ask(scene));
  const bad = answers.find((answer) => !isGood(answer));
  report(tally, `shadow ${name}: 200`, bad === undefined ? undefined : `${bad.status} ${bad.body}`);
  const ended = async (): Promise<boolean> => (await outcomesOf(scene)).ended >= before.ended + requestsEach;
  const fault = await until("an outcome of each sample", ended).then(() => undefined, String);
  report(tally, "each request on a broken shadow ends as one outcome", fault);
  scene.shadow.misbehave(undefined);
}

/** Requests answered, and samples that have an outcome. */
async function outcomesOf({ sidecar }: Scene): Promise<{ readonly ended: number; readonly pending: number }> {
  const { counters } = (await sidecar.status()).evidence;
  const { requests, errors, answered, shadowErrors, shadowTimeouts, shadowDropped } = counters;
  const ended = answered + shadowErrors + shadowTimeouts + shadowDropped;
  return { ended, pending: requests - errors - ended };
}

/** The collection is rebuilt with another dimension: what the application sends no longer fits, and it is told so. */
async function changeDimension(scene: Scene, tally: Tally): Promise<void> {
  scene.store.setDimension(dimension * 2);
  await untilProbed(scene.sidecar, dimension * 2);
  const changed = await ask(scene);
  report(tally, `primary rebuilt with another dimension: ${changed.status}`, faultOfAnswer(changed, [400, 503]));
  scene.store.setDimension(dimension);
  await untilProbed(scene.sidecar, dimension);
  const back = await ask(scene);
  report(tally, "the dimension is back: 200", isGood(back) ? undefined : `${back.status} ${back.body}`);
}

function report(tally: Tally, outcome: string, fault: string | undefined): void {
  if (fault === undefined) tally.pass(outcome);
  else tally.fail(outcome, fault);
}
