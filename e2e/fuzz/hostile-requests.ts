// Hostile requests against a real sidecar whose stores are well: every answer is held against the reference,
// every body that reached a store against the request it was made of.
import fc from "fast-check";
import type { FuzzedBase } from "./fuzzed-base.ts";
import { dimension, type HostileBody, hostileBodies } from "./hostile-body.ts";
import type { RecordingStore } from "./recording-store.ts";
import { faultOfQuery, readReference } from "./reference.ts";
import { checkLog, countersAtRest, openScene, type Scene } from "./scene.ts";
import type { Tally } from "./tally.ts";
import { type Answer, type Delivery, isDelivered, send } from "./wire.ts";

type Options = {
  readonly requests: number;
  /** How many of them take their time: up to 10 s each. */
  readonly slowRequests: number;
  readonly seed: number;
  readonly tally: Tally;
  readonly base: FuzzedBase;
};
type Case = HostileBody & { readonly delivery: Delivery };
type Run = Scene & {
  readonly tally: Tally;
  /** Bodies that reached the primary. */
  readonly accepted: Set<string>;
  readonly base: FuzzedBase;
};

const batchSize = 250;
/** Requests under way at once among those that take their time. */
const slowConcurrency = 40;
const slow: readonly Delivery[] = ["slow", "half-closed", "cut", "stalled"];

/** Counts every request once, and once more each law that holds over all of them. */
export async function runHostileRequests(options: Options): Promise<void> {
  const { requests, slowRequests, seed, tally, base } = options;
  const scene = await openScene(base.adapter, base.more);
  const run = { ...scene, tally, base, accepted: new Set<string>() };
  try {
    await runOneByOne(run, requests - slowRequests, seed);
    await runSlowly(run, slowRequests, seed);
    await checkShadow(run);
    const { process } = run.sidecar;
    tally.count("the sidecar outlives all requests", process.isRunning() ? undefined : process.output().slice(-400));
    checkLog(run, tally);
  } finally {
    await run.close();
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
  { sidecar, store, shadow, tally, accepted, base }: Run,
  count: number,
  seed: number,
): Promise<void> {
  for (const each of cases(count, seed, quick)) {
    const answer = await send(`${sidecar.appUrl}/v1/retrieve`, each.bytes, each.delivery);
    const queries = store.takeQueries();
    for (const query of queries) accepted.add(query);
    const fault = faultOf(each, answer, { queries, base }) ?? shadowFault(shadow, accepted);
    const outcome = `${each.kind}, ${each.delivery}: ${answer.status ?? "closed"}`;
    if (fault === undefined) tally.pass(outcome);
    else tally.fail(`${outcome}: ${fault}`, describe(each, answer));
    if (!sidecar.process.isRunning()) throw new Error(`the sidecar ended: ${describe(each, answer)}`);
  }
}

type Seen = { readonly queries: readonly string[]; readonly base: FuzzedBase };

/** What is wrong with the treatment of one request; undefined: nothing. */
function faultOf({ bytes, delivery }: Case, answer: Answer, { queries, base }: Seen): string | undefined {
  const request = isDelivered(delivery) ? readReference(bytes, dimension, base) : undefined;
  if (request === undefined) {
    if (queries.length > 0) return "a refused request reached the store";
    return refusalFault(answer, delivery);
  }
  if (answer.status !== 200) return "a valid request was refused";
  const [query] = queries;
  if (query === undefined || queries.length > 1) return `the store was asked ${queries.length} times`;
  return faultOfQuery(query, request, base);
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
async function runSlowly({ sidecar, store, tally, accepted, base }: Run, count: number, seed: number): Promise<void> {
  store.takeQueries();
  const waiting = [...cases(count, seed + 1_000_003, fc.constantFrom(...slow))];
  let expected = 0;
  const work = async (): Promise<void> => {
    for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
      const answer = await send(`${sidecar.appUrl}/v1/retrieve`, each.bytes, each.delivery);
      const isValid = isDelivered(each.delivery) && readReference(each.bytes, dimension, base) !== undefined;
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
  await Promise.all(Array.from({ length: slowConcurrency }, work));
  const queries = store.takeQueries();
  for (const query of queries) accepted.add(query);
  const law = "only whole valid requests among the slow ones reached the store";
  tally.count(law, queries.length === expected ? undefined : `${queries.length} queries, expected ${expected}`);
}

/** By now every sample has an outcome; a store that is well fails none of them. */
async function checkShadow({ sidecar, shadow, tally, accepted }: Run): Promise<void> {
  const { shadowErrors, shadowTimeouts } = await countersAtRest({ sidecar });
  const fault = shadowFault(shadow, accepted);
  const isWell = fault === undefined && shadowErrors + shadowTimeouts === 0;
  const found = isWell ? undefined : `${fault ?? ""} ${shadowErrors} errors, ${shadowTimeouts} timeouts`;
  tally.count("the shadow got what the primary got, and nothing else", found);
}

function describe({ bytes, delivery }: Case, answer: Answer): string {
  return `${delivery} ${JSON.stringify(bytes.toString("utf8").slice(0, 250))} → ${answer.status} ${answer.body.slice(0, 120)}`;
}
