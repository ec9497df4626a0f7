// Stores that break: as primary they give coded errors and nothing else, as shadow they change nothing at all.
import { eventually } from "#support/eventually.ts";
import { endedSamples } from "#support/sidecar/start-sidecar.ts";
import { dimension } from "./hostile-body.ts";
import { type Misbehaviour, misbehaviours } from "./misbehaviour.ts";
import { checkLog, countersAtRest, openScene, type Scene } from "./scene.ts";
import type { Tally } from "./tally.ts";
import { type Answer, send } from "./wire.ts";

type RetrieveBody = {
  readonly candidates?: readonly { readonly chunkId: string }[];
  readonly error?: { readonly code?: string };
};

const timeoutMs = 250;
const requestsEach = 4;
/** For the outcomes of samples on a broken shadow. */
const deadlineMs = 15_000;
const k = 3;
const body = Buffer.from(
  JSON.stringify({ embedding: Array.from({ length: dimension }, () => 0.731337), k, namespace: "kanarie" }),
);

/** Counts each way of breaking once per role, and the return to normal after it. */
export async function runBrokenStores(tally: Tally): Promise<void> {
  const scene = await openScene({ timeoutMs });
  try {
    for (const misbehaviour of misbehaviours) await breakPrimary(scene, misbehaviour, tally);
    for (const misbehaviour of misbehaviours) await breakShadow(scene, misbehaviour, tally);
    await changeDimension(scene, tally);
    checkLog(scene, tally);
  } finally {
    await scene.close();
  }
}

const ask = ({ sidecar }: Scene): Promise<Answer> => send(`${sidecar.appUrl}/v1/retrieve`, body, "whole");

async function breakPrimary(scene: Scene, { name, how, statuses }: Misbehaviour, tally: Tally): Promise<void> {
  scene.store.misbehave(how);
  const answers: Answer[] = [];
  for (let count = 0; count < requestsEach; count += 1) answers.push(await ask(scene));
  scene.store.misbehave(undefined);
  const fault = answers.map((answer) => faultOfAnswer(answer, statuses)).find((each) => each !== undefined);
  tally.count(`primary ${name}: ${answers[0]?.status}`, fault);
  const after = await ask(scene);
  tally.count(
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
  const before = endedSamples(await countersAtRest(scene));
  scene.shadow.misbehave(how);
  const answers: Answer[] = [];
  for (let count = 0; count < requestsEach; count += 1) answers.push(await ask(scene));
  const bad = answers.find((answer) => !isGood(answer));
  tally.count(`shadow ${name}: 200`, bad === undefined ? undefined : `${bad.status} ${bad.body}`);
  const ended = async () => endedSamples((await scene.sidecar.status()).evidence.counters) >= before + requestsEach;
  const fault = await eventually("an outcome of each sample", ended, { deadlineMs }).then(() => undefined, String);
  tally.count("each request on a broken shadow ends as one outcome", fault);
  scene.shadow.misbehave(undefined);
}

/** The collection is rebuilt with another dimension: what the application sends no longer fits, and it is told so. */
async function changeDimension(scene: Scene, tally: Tally): Promise<void> {
  scene.store.setDimension(dimension * 2);
  await scene.sidecar.probed(dimension * 2);
  const changed = await ask(scene);
  tally.count(`primary rebuilt with another dimension: ${changed.status}`, faultOfAnswer(changed, [400, 503]));
  scene.store.setDimension(dimension);
  await scene.sidecar.probed(dimension);
  const back = await ask(scene);
  tally.count("the dimension is back: 200", isGood(back) ? undefined : `${back.status} ${back.body}`);
}
