// Hostile requests against a real sidecar whose stores are well: every answer is held against the reference,
// every body that reached a store against the request it was made of.
import fc from "fast-check";
import { type Sidecar, startSidecar } from "#support/sidecar/start-sidecar.ts";
import { dimension, type HostileBody, hostileBodies } from "./hostile-body.ts";
import { type RecordingStore, startRecordingStore } from "./recording-store.ts";
import { faultOfQuery, readReference } from "./reference.ts";
import { checkLog } from "./secrecy.ts";
import type { Tally } from "./tally.ts";
import { until, untilProbed } from "./until.ts";
import { type Answer, type Delivery, isDelivered, send } from "./wire.ts";

type Options = {
  readonly requests: number;
  /** How many of them take their time: up to 10 s each. */
  readonly slowRequests: number;
  readonly seed: number;
  readonly tally: Tally;
};
type Case = HostileBody & { readonly delivery: Delivery };
type Scene = {
  readonly sidecar: Sidecar;
  readonly store: RecordingStore;
  readonly shadow: RecordingStore;
  readonly tally: Tally;
  /** Bodies that reached the primary. */
  readonly accepted: Set<string>;
};

const batchSize = 250;
/** Requests under way at once among those that take their time. */
const slowLanes = 40;
const slow: readonly Delivery[] = ["slow", "half-closed", "cut", "stalled"];

/** Counts every request once, and once more each law that holds over all of them. */
export async function runHostileRequests({ requests, slowRequests, seed, tally }: Options): Promise<void> {
  const [store, shadow] = [
    await startRecordingStore("primary", dimension),
    await startRecordingStore("shadow", dimension),
  ];
  const adapter = (url: string): object => ({ kind: "qdrant", url, collection: "chunks" });
  const dualRead = { enabled: true, sampleRate: 1, shadow: adapter(shadow.url) };
  const sidecar = await startSidecar({ base: { primary: adapter(store.url), dualRead } });
  const scene = { sidecar, store, shadow, tally, accepted: new Set<string>() };
  try {
    await untilProbed(sidecar, dimension);
    await runOneByOne(scene, requests - slowRequests, seed);
    await runSlowly(scene, slowRequests, seed);
    await checkShadow(scene);
    checkProcess(scene);
  } finally {
    await Promise.allSettled([sidecar.stop(), store.close(), shadow.close()]);
  }
}

function* cases(count: number, seed: number, deliveries: fc.Arbitrary<Delivery>): Generator<Case> {
  const arbitrary = fc.tuple(hostileBodies, deliveries);
  for (let from = 0; from < count; from += batchSize) {
    const numRuns = Math.min(batchSize, count - from);
    for (const [body, delivery] of fc.sample(arbitrary, { seed: seed + from, numRuns })) yield { ...body, delivery };
  }
}

const quick: fc.Arbitrary<Delivery> = fc.oneof(
  { weight: 40, arbitrary: fc.constant<Delivery>("whole") },
  { weight: 6, arbitrary: fc.constant<Delivery>("chunked") },
  { weight: 1, arbitrary: fc.constantFrom<Delivery>("announced too long", "compressed") },
);

async function runOneByOne(
  { sidecar, store, shadow, tally, accepted }: Scene,
  count: number,
  seed: number,
): Promise<void> {
  for (const each of cases(count, seed, quick)) {
    const answer = await send(`${sidecar.appUrl}/v1/retrieve`, each.bytes, each.delivery);
    const queries = store.takeQueries();
    for (const query of queries) accepted.add(query);
    const fault = faultOf(each, answer, queries) ?? shadowFault(shadow, accepted);
    const outcome = `${each.kind}, ${each.delivery}: ${answer.status ?? "closed"}`;
    if (fault === undefined) tally.pass(outcome);
    else tally.fail(`${outcome}: ${fault}`, describe(each, answer));
    if (!sidecar.process.isRunning()) throw new Error(`the sidecar ended: ${describe(each, answer)}`);
  }
}

/** What is wrong with the treatment of one request; undefined: nothing. */
function faultOf({ bytes, delivery }: Case, answer: Answer, queries: readonly string[]): string | undefined {
  const request = isDelivered(delivery) ? readReference(bytes, dimension) : undefined;
  if (request === undefined) {
    if (queries.length > 0) return "a refused request reached the store";
    return refusalFault(answer, delivery);
  }
  if (answer.status !== 200) return "a valid request was refused";
  const [query] = queries;
  if (query === undefined || queries.length > 1) return `the store was asked ${queries.length} times`;
  return faultOfQuery(query, request);
}

function refusalFault({ status, body }: Answer, delivery: Delivery): string | undefined {
  if (status === null) return isDelivered(delivery) ? "closed without an answer" : undefined;
  if (status < 400 || status >= 500) return "an invalid request wasn't refused with 4xx";
  // A request that isn't whole is refused by the HTTP layer, which knows no codes.
  return isDelivered(delivery) && !hasCode(body) ? "the refusal has no code" : undefined;
}

function hasCode(body: string): boolean {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: string; message?: string } };
    return error?.code?.startsWith("RETR_") === true && typeof error.message === "string";
  } catch {
    return false;
  }
}

function shadowFault(shadow: RecordingStore, accepted: ReadonlySet<string>): string | undefined {
  return shadow.takeQueries().every((query) => accepted.has(query))
    ? undefined
    : "the shadow got what the primary didn't";
}

/** Many at once, as each takes seconds; the store's queries are matched afterwards. */
async function runSlowly({ sidecar, store, tally, accepted }: Scene, count: number, seed: number): Promise<void> {
  store.takeQueries();
  const waiting = [...cases(count, seed + 1_000_003, fc.constantFrom(...slow))];
  let expected = 0;
  const lane = async (): Promise<void> => {
    for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
      const answer = await send(`${sidecar.appUrl}/v1/retrieve`, each.bytes, each.delivery);
      const isValid = isDelivered(each.delivery) && readReference(each.bytes, dimension) !== undefined;
      if (isValid) expected += 1;
      const fault = isValid
        ? answer.status === 200
          ? undefined
          : "a valid request was refused"
        : refusalFault(answer, each.delivery);
      const outcome = `${each.delivery}: ${answer.status ?? "closed"}`;
      if (fault === undefined) tally.pass(outcome);
      else tally.fail(`${outcome}: ${fault}`, describe(each, answer));
    }
  };
  await Promise.all(Array.from({ length: slowLanes }, lane));
  const queries = store.takeQueries();
  for (const query of queries) accepted.add(query);
  const law = "only whole valid requests among the slow ones reached the store";
  if (queries.length === expected) tally.pass(law);
  else tally.fail(law, `${queries.length} queries, expected ${expected}`);
}

/** By now every sample has an outcome; a store that is well fails none of them. */
async function checkShadow({ sidecar, shadow, tally, accepted }: Scene): Promise<void> {
  const law = "the shadow got what the primary got, and nothing else";
  const read = async () => (await sidecar.status()).evidence.counters;
  await until("all samples to end", async () => {
    const { requests, errors, answered, shadowErrors, shadowTimeouts, shadowDropped } = await read();
    return requests - errors === answered + shadowErrors + shadowTimeouts + shadowDropped;
  });
  const fault = shadowFault(shadow, accepted);
  const { shadowErrors, shadowTimeouts } = await read();
  if (fault === undefined && shadowErrors + shadowTimeouts === 0) tally.pass(law);
  else tally.fail(law, `${fault ?? ""} ${shadowErrors} errors, ${shadowTimeouts} timeouts`);
}

function checkProcess({ sidecar, tally }: Scene): void {
  const law = "the sidecar outlives all requests";
  if (sidecar.process.isRunning()) tally.pass(law);
  else tally.fail(law, sidecar.process.output().slice(-400));
  checkLog(sidecar, tally);
}

function describe({ bytes, delivery }: Case, answer: Answer): string {
  return `${delivery} ${JSON.stringify(bytes.toString("utf8").slice(0, 250))} → ${answer.status} ${answer.body.slice(0, 120)}`;
}
